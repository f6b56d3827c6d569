// RUN: not arhat-translate --export-openvino %s 2>&1 | filecheck %s --check-prefix=OUTPUT
// RUN: not arhat-translate --export-openvino %s -o %t.onnx 2>&1 | filecheck %s --check-prefix=SUFFIX
// RUN: not arhat-translate --export-openvino %s -o %t.xml 2>&1 | filecheck %s

// OUTPUT: error: --export-openvino writes two files: name the .xml with -o
// SUFFIX: .onnx: error: an OpenVINO model needs the ending .xml
// CHECK: error: 2 operations cannot be exported to OpenVINO: kernel.softmax, kernel.transpose; export a module of the arhat dialect, before it is lowered
// CHECK-NEXT: note: kernel.softmax: 1, first in layer 'prob'
// CHECK-NEXT: note: kernel.transpose: 1
func.func @main(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %y = kernel.softmax(%x) {axis = 1, arhat.layers = [#arhat.layer<"prob", 4>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %z = kernel.transpose(%y) {perm = [1, 0]} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  func.return %z : tensor<3x2xf32>
}
