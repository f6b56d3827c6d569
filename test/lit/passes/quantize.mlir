// RUN: arhat-opt %s -p quantize | filecheck %s

// Weights in the form of NNCF: int8, converted, scaled per channel. Bias, activation and the next quantisation become
// part of the convolution; the zero point of the input is its padding, and a bias.
// CHECK-LABEL: func.func @main(
// CHECK: [[Q:%.*]] = arhat.quantize(%x, {{.*}} -> tensor<1x2x4x4xui8>
// CHECK: [[W:%.*]] = arhat.constant() {value = dense<[{{.*}}tensor<2x2x1x1xi8>
// CHECK: [[B:%.*]] = arhat.constant() {value = #arhat.weight<"derived"::"add"
// CHECK: [[Y:%.*]] = arhat.quantized_convolution([[Q]], [[W]], {{%.*}}, [[B]], multiplier = {{.*}}, shift = {{.*}}) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, padding = 128, activation = #arhat.activation<relu>, arhat.layers = [#arhat.layer<"conv", 1>, #arhat.layer<"bias", 1>, #arhat.layer<"relu", 1>, #arhat.layer<"fq", 1>]}
// A pooling between the two is one of bytes; what is not quantised gets floats.
// CHECK: [[P:%.*]] = arhat.max_pool([[Y]]) {{.*}} -> tensor<1x2x3x3xui8>
// CHECK: [[F:%.*]] = arhat.dequantize([[P]]
// CHECK: [[Z:%.*]] = arhat.quantized_convolution([[P]], {{.*}} -> tensor<1x2x3x3xf32>
// CHECK: [[S:%.*]] = arhat.sigmoid([[F]])
// CHECK: func.return [[Z]], [[S]]
func.func @main(%x: tensor<1x2x4x4xf32>) -> (tensor<1x2x3x3xf32>, tensor<1x2x3x3xf32>) {
  %l = arhat.constant() {value = dense<-1.28> : tensor<f32>} : () -> tensor<f32>
  %h = arhat.constant() {value = dense<1.27> : tensor<f32>} : () -> tensor<f32>
  %q = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 256, arhat.layers = [#arhat.layer<"fq0", 1>]} : (tensor<1x2x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x4x4xf32>
  %i = arhat.constant() {value = dense<[[[[1]], [[-128]]], [[[3]], [[127]]]]> : tensor<2x2x1x1xi8>} : () -> tensor<2x2x1x1xi8>
  %f = arhat.convert(%i) {to = f32} : (tensor<2x2x1x1xi8>) -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = dense<[[[[0.5]]], [[[0.25]]]]> : tensor<2x1x1x1xf32>} : () -> tensor<2x1x1x1xf32>
  %w = arhat.multiply(%f, %s) : (tensor<2x2x1x1xf32>, tensor<2x1x1x1xf32>) -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%q, %w) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 1>]} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x6x6xf32>
  %b = arhat.constant() {value = dense<[[[[1.0]], [[2.0]]]]> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
  %1 = arhat.add(%0, %b) {arhat.layers = [#arhat.layer<"bias", 1>]} : (tensor<1x2x6x6xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x6x6xf32>
  %2 = arhat.relu(%1) {arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %z = arhat.constant() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %3 = arhat.fake_quantize(%2, %z, %h, %z, %h) {levels = 256, arhat.layers = [#arhat.layer<"fq", 1>]} : (tensor<1x2x6x6xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x6x6xf32>
  %4 = arhat.max_pool(%3) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x2x6x6xf32>) -> tensor<1x2x3x3xf32>
  %5 = arhat.convolution(%4, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x3x3xf32>
  %6 = arhat.sigmoid(%4) : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  func.return %5, %6 : tensor<1x2x3x3xf32>, tensor<1x2x3x3xf32>
}

// A zero point between two bytes cannot be padding: the convolution stays what it was.
// CHECK-LABEL: func.func @between(
// CHECK: arhat.fake_quantize
// CHECK: arhat.convolution
func.func @between(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x6x6xf32> {
  %l = arhat.constant() {value = dense<-1.0> : tensor<f32>} : () -> tensor<f32>
  %h = arhat.constant() {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %q = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 256} : (tensor<1x1x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x4x4xf32>
  %i = arhat.constant() {value = dense<1> : tensor<1x1x1x1xi8>} : () -> tensor<1x1x1x1xi8>
  %f = arhat.convert(%i) {to = f32} : (tensor<1x1x1x1xi8>) -> tensor<1x1x1x1xf32>
  %w = arhat.multiply(%f, %h) : (tensor<1x1x1x1xf32>, tensor<f32>) -> tensor<1x1x1x1xf32>
  %0 = arhat.convolution(%q, %w) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x6x6xf32>
  func.return %0 : tensor<1x1x6x6xf32>
}

// Weights of FakeQuantize: 255 levels around zero.
// CHECK-LABEL: func.func @rounded_weights(
// CHECK: arhat.constant() {value = #arhat.weight<"derived"::"{{.*}}int8{{.*}}tensor<1x1x1x1xi8>
// CHECK: arhat.quantized_convolution
// CHECK-NOT: fake_quantize
func.func @rounded_weights(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %l = arhat.constant() {value = dense<-1.0> : tensor<f32>} : () -> tensor<f32>
  %h = arhat.constant() {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %q = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 256} : (tensor<1x1x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x4x4xf32>
  %i = arhat.constant() {value = dense<0.3> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %w = arhat.fake_quantize(%i, %l, %h, %l, %h) {levels = 255} : (tensor<1x1x1x1xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x1x1xf32>
  %0 = arhat.convolution(%q, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  func.return %0 : tensor<1x1x4x4xf32>
}
