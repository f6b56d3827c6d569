// What is fused into a convolution becomes layers of its own; the filter of a grouped one gets an axis for its groups.

// RUN: arhat-translate --export-openvino %s -o %t.xml && filecheck %s < %t.xml
// RUN: arhat-translate --import-openvino %t.xml | filecheck %s --check-prefix=BACK
// RUN: arhat-translate --import-openvino %t.xml -o %t.mlir && arhat-opt %t.mlir -p optimize | filecheck %s --check-prefix=AGAIN

// CHECK: <net name="net" version="11">
// CHECK: name="image" type="Parameter" version="opset1"
// CHECK: <data shape="1,4,5,5" element_type="f32" />
// CHECK: <port id="0" precision="FP32" names="image,the\,input">
// CHECK: name="relu/convolution" type="GroupConvolution" version="opset1"
// CHECK: <data strides="2,2" dilations="1,1" pads_begin="0,0" pads_end="0,0" auto_pad="explicit" />
// CHECK: name="relu/bias_values" type="Const"
// CHECK: name="relu/bias" type="Add" version="opset1"
// CHECK: name="relu" type="ReLU" version="opset1"
// CHECK: <port id="1" precision="FP32" names="out">
// CHECK: name="relu/sink_port_0" type="Result"

// BACK: arhat.convolution(%{{.*}}, %{{.*}}) {{{.*}}groups = 2,
// BACK: arhat.add
// BACK: arhat.relu
// BACK: func.return

// AGAIN: arhat.convolution(%{{.*}}, %{{.*}}, bias = %{{.*}}) {{{.*}}groups = 2, activation = #arhat.activation<relu>
builtin.module attributes {arhat.name = "net"} {
  func.func @main(%x: tensor<1x4x5x5xf32> {arhat.name = "image", arhat.tensor_names = ["image", "the,input"]}) -> (tensor<1x2x3x3xf32> {arhat.name = "out", arhat.tensor_names = ["out"]}) {
    %w = arhat.constant() {value = dense<1.0> : tensor<2x2x1x1xf32>, arhat.layers = [#arhat.layer<"w", 1>]} : () -> tensor<2x2x1x1xf32>
    %b = arhat.constant() {value = dense<[1.0, 2.0]> : tensor<2xf32>, arhat.layers = [#arhat.layer<"b", 2>]} : () -> tensor<2xf32>
    %y = arhat.convolution(%x, %w, bias = %b) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 2, activation = #arhat.activation<relu>, arhat.layers = [#arhat.layer<"conv", 3>, #arhat.layer<"relu", 4>]} : (tensor<1x4x5x5xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x3x3xf32>
    func.return %y : tensor<1x2x3x3xf32>
  }
}
