// RUN: arhat-opt %s -p 'convert-precision{to=bf16 keep="second"}' | filecheck %s
// RUN: arhat-opt %s -p 'convert-precision{to=f16}' | filecheck %s --check-prefix=F16

// What leads to a convolution is converted; a layer that is named, and what comes after the last convolution, is not.
// CHECK-LABEL: func.func @main
// CHECK: [[X:%.*]] = arhat.convert(%x) {to = bf16}
// CHECK-NEXT: [[R:%.*]] = arhat.relu([[X]]) {arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<1x2x4x4xbf16>) -> tensor<1x2x4x4xbf16>
// CHECK-NEXT: [[A:%.*]] = arhat.convolution([[R]], {{%.*}}) {{.*}} : (tensor<1x2x4x4xbf16>, tensor<2x2x1x1xbf16>) -> tensor<1x2x4x4xbf16>
// CHECK-NEXT: [[B:%.*]] = arhat.convert([[A]]) {to = f32
// CHECK-NEXT: [[C:%.*]] = arhat.convolution([[B]], %w) {{.*}}#arhat.layer<"second", 3>{{.*}} : (tensor<1x2x4x4xf32>
// CHECK-NEXT: arhat.softmax([[C]]) {{.*}} -> tensor<1x2x4x4xf32>
// F16-LABEL: func.func @main
// F16: [[C:%.*]] = arhat.convolution({{.*}}#arhat.layer<"second", 3>{{.*}} -> tensor<1x2x4x4xf16>
// F16-NEXT: [[D:%.*]] = arhat.convert([[C]]) {to = f32
// F16-NEXT: arhat.softmax([[D]])
func.func @main(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32> {
  %0 = arhat.relu(%x) {arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.convolution(%0, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"first", 2>]} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.convolution(%1, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"second", 3>]} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %3 = arhat.softmax(%2) {axis = 1} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %3 : tensor<1x2x4x4xf32>
}
