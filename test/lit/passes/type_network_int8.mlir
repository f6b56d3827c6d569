// RUN: arhat-opt %s -p 'type-network{to=f16}' | filecheck %s

// A convolution on integers stays f32, and what is quantised after it; what is dequantised for a layer of 16 bits has
// them, and a quantisation reads them. Scales are f32.
// CHECK-LABEL: func.func @main
// CHECK: trt.quantize(%x, %{{.*}}) : (tensor<1x2x4x4xf32>, tensor<f32>) -> tensor<1x2x4x4xi8>
// CHECK: trt.convolution({{.*}} -> tensor<1x2x4x4xf32>
// CHECK-NEXT: trt.activation({{.*}} -> tensor<1x2x4x4xf32>
// CHECK-NEXT: [[Q:%.*]] = trt.quantize({{.*}} : (tensor<1x2x4x4xf32>, tensor<f32>) -> tensor<1x2x4x4xi8>
// CHECK-NEXT: [[D:%.*]] = trt.dequantize([[Q]], {{.*}} : (tensor<1x2x4x4xi8>, tensor<f32>) -> tensor<1x2x4x4xf16>
// CHECK: [[F:%.*]] = trt.convolution([[D]], {{.*}} -> tensor<1x2x4x4xf16>
// CHECK-NEXT: [[B:%.*]] = trt.quantize([[F]], {{.*}} : (tensor<1x2x4x4xf16>, tensor<f32>) -> tensor<1x2x4x4xi8>
// CHECK-NEXT: trt.dequantize([[B]], {{.*}} -> tensor<1x2x4x4xf32>
func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %k = arhat.constant() {value = dense<3> : tensor<2x2x1x1xi8>} : () -> tensor<2x2x1x1xi8>
  %w = arhat.constant() {value = dense<0.5> : tensor<2x2x1x1xf32>} : () -> tensor<2x2x1x1xf32>
  %c = arhat.constant() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %cs = arhat.constant() {value = dense<0.5> : tensor<2xf32>} : () -> tensor<2xf32>
  %s = trt.constant(%c) : (tensor<f32>) -> tensor<f32>
  %ss = trt.constant(%cs) : (tensor<2xf32>) -> tensor<2xf32>
  %kk = trt.constant(%k) : (tensor<2x2x1x1xi8>) -> tensor<2x2x1x1xi8>
  %0 = trt.quantize(%x, %s) : (tensor<1x2x4x4xf32>, tensor<f32>) -> tensor<1x2x4x4xi8>
  %1 = trt.dequantize(%0, %s) : (tensor<1x2x4x4xi8>, tensor<f32>) -> tensor<1x2x4x4xf32>
  %2 = trt.dequantize(%kk, %ss) {axis = 0} : (tensor<2x2x1x1xi8>, tensor<2xf32>) -> tensor<2x2x1x1xf32>
  %3 = trt.convolution(%1, %2) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %4 = trt.activation(%3) {kind = "tanh"} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %5 = trt.quantize(%4, %s) : (tensor<1x2x4x4xf32>, tensor<f32>) -> tensor<1x2x4x4xi8>
  %6 = trt.dequantize(%5, %s) : (tensor<1x2x4x4xi8>, tensor<f32>) -> tensor<1x2x4x4xf32>
  %7 = trt.convolution(%6, %w) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %8 = trt.quantize(%7, %s) : (tensor<1x2x4x4xf32>, tensor<f32>) -> tensor<1x2x4x4xi8>
  %9 = trt.dequantize(%8, %s) : (tensor<1x2x4x4xi8>, tensor<f32>) -> tensor<1x2x4x4xf32>
  func.return %9 : tensor<1x2x4x4xf32>
}
