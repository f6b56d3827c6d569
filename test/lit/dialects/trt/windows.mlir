// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @convolution
// CHECK: trt.convolution(%x, %k, bias = %b) {strides = [2, 2], pre_padding = [3, 3], post_padding = [2, 2], dilations = [1, 1], groups = 1}
// CHECK-SAME: (tensor<1x3x224x224xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>) -> tensor<1x64x112x112xf32>
func.func @convolution(%x: tensor<1x3x224x224xf32>) -> tensor<1x64x112x112xf32> {
  %k = arhat.constant() {value = dense<1.0> : tensor<64x3x7x7xf32>} : () -> tensor<64x3x7x7xf32>
  %b = arhat.constant() {value = dense<1.0> : tensor<64xf32>} : () -> tensor<64xf32>
  %y = trt.convolution(%x, %k, bias = %b) {strides = [2, 2], pre_padding = [3, 3], post_padding = [2, 2], dilations = [1, 1], groups = 1} : (tensor<1x3x224x224xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>) -> tensor<1x64x112x112xf32>
  func.return %y : tensor<1x64x112x112xf32>
}

// The kernel of a convolution in int8 is a tensor of the network, and goes in as input 1 of the layer.
// CHECK-LABEL: func.func @quantized
// CHECK: trt.quantize(%x, %sx) : (tensor<1x8x4x4xf32>, tensor<f32>) -> tensor<1x8x4x4xi8>
// CHECK: trt.dequantize(%w, %sw) {axis = 0} : (tensor<16x8x1x1xi8>, tensor<16xf32>) -> tensor<16x8x1x1xf32>
// CHECK: trt.convolution({{.*}}, {{.*}}) {strides = [1, 1],
func.func @quantized(%x: tensor<1x8x4x4xf32>) -> tensor<1x16x4x4xf32> {
  %0 = arhat.constant() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %1 = arhat.constant() {value = dense<0.25> : tensor<16xf32>} : () -> tensor<16xf32>
  %2 = arhat.constant() {value = dense<3> : tensor<16x8x1x1xi8>} : () -> tensor<16x8x1x1xi8>
  %sx = trt.constant(%0) : (tensor<f32>) -> tensor<f32>
  %sw = trt.constant(%1) : (tensor<16xf32>) -> tensor<16xf32>
  %w = trt.constant(%2) : (tensor<16x8x1x1xi8>) -> tensor<16x8x1x1xi8>
  %q = trt.quantize(%x, %sx) : (tensor<1x8x4x4xf32>, tensor<f32>) -> tensor<1x8x4x4xi8>
  %dx = trt.dequantize(%q, %sx) : (tensor<1x8x4x4xi8>, tensor<f32>) -> tensor<1x8x4x4xf32>
  %dw = trt.dequantize(%w, %sw) {axis = 0} : (tensor<16x8x1x1xi8>, tensor<16xf32>) -> tensor<16x8x1x1xf32>
  %y = trt.convolution(%dx, %dw) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf32>, tensor<16x8x1x1xf32>) -> tensor<1x16x4x4xf32>
  func.return %y : tensor<1x16x4x4xf32>
}

// CHECK-LABEL: func.func @deconvolution
// CHECK: trt.deconvolution(%x, %k) {strides = [2, 2, 2], pre_padding = [1, 1, 1], post_padding = [0, 0, 0], dilations = [1, 1, 1], groups = 2}
func.func @deconvolution(%x: tensor<1x4x3x3x3xf16>) -> tensor<1x6x6x6x6xf16> {
  %k = arhat.constant() {value = dense<1.0> : tensor<4x3x3x3x3xf16>} : () -> tensor<4x3x3x3x3xf16>
  %y = trt.deconvolution(%x, %k) {strides = [2, 2, 2], pre_padding = [1, 1, 1], post_padding = [0, 0, 0], dilations = [1, 1, 1], groups = 2} : (tensor<1x4x3x3x3xf16>, tensor<4x3x3x3x3xf16>) -> tensor<1x6x6x6x6xf16>
  func.return %y : tensor<1x6x6x6x6xf16>
}

// CHECK-LABEL: func.func @pooling
// CHECK: trt.pooling(%x) {kind = "max", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], padding_mode = "explicit_round_up"}
// CHECK-SAME: -> tensor<1x8x6x6xf32>
// CHECK: trt.pooling(%x) {kind = "average", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], count_excludes_padding = true, padding_mode = "same_lower"}
// CHECK-SAME: -> tensor<1x8x6x6xf32>
func.func @pooling(%x: tensor<1x8x12x12xf32>) -> (tensor<1x8x6x6xf32>, tensor<1x8x6x6xf32>) {
  %y = trt.pooling(%x) {kind = "max", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], padding_mode = "explicit_round_up"} : (tensor<1x8x12x12xf32>) -> tensor<1x8x6x6xf32>
  %z = trt.pooling(%x) {kind = "average", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], count_excludes_padding = true, padding_mode = "same_lower"} : (tensor<1x8x12x12xf32>) -> tensor<1x8x6x6xf32>
  func.return %y, %z : tensor<1x8x6x6xf32>, tensor<1x8x6x6xf32>
}

// CHECK-LABEL: func.func @lrn
// CHECK: trt.lrn(%x) {window = 5, alpha = 0.0001, beta = 0.75, k = 1.0}
func.func @lrn(%x: tensor<1x8x4x4xbf16>) -> tensor<1x8x4x4xbf16> {
  %y = trt.lrn(%x) {window = 5, alpha = 0.0001, beta = 0.75, k = 1.0} : (tensor<1x8x4x4xbf16>) -> tensor<1x8x4x4xbf16>
  func.return %y : tensor<1x8x4x4xbf16>
}

// CHECK-LABEL: func.func @resize
// CHECK: trt.resize(%x) {mode = "cubic", coordinate_transformation = "half_pixel", selector = "formula", rounding = "half_down", cubic_coeff = -0.75, exclude_outside = false}
// CHECK: trt.resize(%x) {mode = "nearest", coordinate_transformation = "asymmetric", selector = "upper", rounding = "floor", scales = [1.0, 1.0, 2.0, 0.5]}
// CHECK: trt.resize(%x, sizes = {{.*}}) {mode = "linear",
// CHECK-SAME: (tensor<1x8x4x4xf32>, tensor<4xi64>) -> tensor<1x8x7x9xf32>
func.func @resize(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x7x9xf32> {
  %0 = arhat.constant() {value = dense<[1, 8, 7, 9]> : tensor<4xi64>} : () -> tensor<4xi64>
  %n = trt.constant(%0) : (tensor<4xi64>) -> tensor<4xi64>
  %a = trt.resize(%x) {mode = "cubic", coordinate_transformation = "half_pixel", selector = "formula", rounding = "half_down", cubic_coeff = -0.75, exclude_outside = false} : (tensor<1x8x4x4xf32>) -> tensor<1x8x7x9xf32>
  %b = trt.resize(%x) {mode = "nearest", coordinate_transformation = "asymmetric", selector = "upper", rounding = "floor", scales = [1.0, 1.0, 2.0, 0.5]} : (tensor<1x8x4x4xf32>) -> tensor<1x8x8x2xf32>
  %y = trt.resize(%x, sizes = %n) {mode = "linear", coordinate_transformation = "align_corners", selector = "formula", rounding = "floor"} : (tensor<1x8x4x4xf32>, tensor<4xi64>) -> tensor<1x8x7x9xf32>
  func.return %y : tensor<1x8x7x9xf32>
}
