// RUN: arhat-opt %s --split-input-file -p convert-arhat-to-cudnn | filecheck %s

// All nodes of a convolution but the last give f32; that one rounds to the element type of the model.
// CHECK-LABEL: func.func @main
// CHECK: [[Y:%.*]] = cudnn.conv_fprop(%x, %w) {strides = [2, 2], pads = [1, 1, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf16>, tensor<6x4x3x3xf16>) -> tensor<1x6x4x4xf32>
// CHECK: [[B:%.*]] = kernel.view(%b) : (tensor<6xf16>) -> tensor<1x6x1x1xf16>
// CHECK: [[S:%.*]] = cudnn.pointwise([[Y]], b = [[B]]) {mode = "add"} : (tensor<1x6x4x4xf32>, tensor<1x6x1x1xf16>) -> tensor<1x6x4x4xf32>
// CHECK: [[A:%.*]] = cudnn.pointwise([[S]], b = %r) {mode = "add"} : (tensor<1x6x4x4xf32>, tensor<1x6x4x4xf16>) -> tensor<1x6x4x4xf32>
// CHECK: cudnn.pointwise([[A]]) {mode = "relu_fwd", upper_clip = 6.0{{.*}}} : (tensor<1x6x4x4xf32>) -> tensor<1x6x4x4xf16>
func.func @main(%x: tensor<1x4x8x8xf16>, %w: tensor<6x4x3x3xf16>, %b: tensor<6xf16>, %r: tensor<1x6x4x4xf16>) -> tensor<1x6x4x4xf16> {
  %y = arhat.convolution(%x, %w, bias = %b, residual = %r) {strides = [2, 2], pads_begin = [1, 1], pads_end = [0, 0], dilations = [1, 1], groups = 1, activation = #arhat.activation<clamp, 0.0, 6.0>} : (tensor<1x4x8x8xf16>, tensor<6x4x3x3xf16>, tensor<6xf16>, tensor<1x6x4x4xf16>) -> tensor<1x6x4x4xf16>
  func.return %y : tensor<1x6x4x4xf16>
}

// -----

// The residual may come last. A bias that is a constant becomes a constant of the shape that broadcasts.
// CHECK-LABEL: func.func @main
// CHECK: [[Y:%.*]] = cudnn.conv_fprop
// CHECK: [[B:%.*]] = arhat.constant() {{.*}} -> tensor<1x2x1x1xf32>
// CHECK: [[S:%.*]] = cudnn.pointwise([[Y]], b = [[B]]) {mode = "add"}
// CHECK: [[A:%.*]] = cudnn.pointwise([[S]]) {mode = "swish_fwd", swish_beta = 1.0{{.*}}}
// CHECK: cudnn.pointwise([[A]], b = %r) {mode = "add"}
func.func @main(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x1x1xf32>, %r: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %b = arhat.constant() {value = dense<[1.0, 2.0]> : tensor<2xf32>} : () -> tensor<2xf32>
  %y = arhat.convolution(%x, %w, bias = %b, residual = %r) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, activation = #arhat.activation<swish>, residual_after_activation = true} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %y : tensor<1x2x4x4xf32>
}

// -----

// What cuDNN has no mode for is composed of modes.
// CHECK-LABEL: func.func @main
// CHECK: [[Y:%.*]] = cudnn.conv_fprop
// CHECK: [[SUM:%.*]] = cudnn.pointwise([[Y]], b = {{%.*}}) {mode = "add"}
// CHECK: [[CLIP:%.*]] = cudnn.pointwise([[SUM]]) {mode = "relu_fwd", upper_clip = 6.0{{.*}}}
// CHECK: [[PART:%.*]] = cudnn.pointwise([[CLIP]], b = {{%.*}}) {mode = "mul"}
// CHECK: cudnn.pointwise([[Y]], b = [[PART]]) {mode = "mul"}
func.func @main(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32> {
  %y = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, activation = #arhat.activation<hswish>} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %y : tensor<1x2x4x4xf32>
}

// -----

// One axis is an image of height 1, three are a volume.
// CHECK-LABEL: func.func @main
// CHECK: [[X:%.*]] = kernel.view(%x) : (tensor<1x2x9xf32>) -> tensor<1x2x1x9xf32>
// CHECK: [[W:%.*]] = kernel.view(%w) : (tensor<4x2x3xf32>) -> tensor<4x2x1x3xf32>
// CHECK: [[Y:%.*]] = cudnn.conv_fprop([[X]], [[W]]) {strides = [1, 2], pads = [0, 1, 0, 1], dilations = [1, 1], groups = 1}
// CHECK: kernel.view([[Y]]) : (tensor<1x4x1x5xf32>) -> tensor<1x4x5xf32>
// CHECK: cudnn.conv_fprop(%v, %k) {strides = [1, 1, 1], pads = [1, 0, 0, 1, 0, 0], dilations = [1, 1, 1], groups = 1}
func.func @main(%x: tensor<1x2x9xf32>, %w: tensor<4x2x3xf32>, %v: tensor<1x2x4x4x4xf32>, %k: tensor<2x2x3x1x1xf32>) -> (tensor<1x4x5xf32>, tensor<1x2x4x4x4xf32>) {
  %y = arhat.convolution(%x, %w) {strides = [2], pads_begin = [1], pads_end = [1], dilations = [1], groups = 1} : (tensor<1x2x9xf32>, tensor<4x2x3xf32>) -> tensor<1x4x5xf32>
  %z = arhat.convolution(%v, %k) {strides = [1, 1, 1], pads_begin = [1, 0, 0], pads_end = [1, 0, 0], dilations = [1, 1, 1], groups = 1} : (tensor<1x2x4x4x4xf32>, tensor<2x2x3x1x1xf32>) -> tensor<1x2x4x4x4xf32>
  func.return %y, %z : tensor<1x4x5xf32>, tensor<1x2x4x4x4xf32>
}

// -----

// A transposed convolution: output padding gives back what is cut off the end.
// CHECK-LABEL: func.func @main
// CHECK: cudnn.conv_dgrad(%x, %w) {strides = [2, 2], pads = [1, 1, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x16x16xf32>
func.func @main(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x3x3xf32>) -> tensor<1x6x16x16xf32> {
  %y = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], output_padding = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x16x16xf32>
  func.return %y : tensor<1x6x16x16xf32>
}

// -----

// Pooling: rounding up is padding at the end. The mean of whole images is one window.
// CHECK-LABEL: func.func @main
// CHECK: cudnn.resample(%x) {mode = "max", window = [3, 3], strides = [2, 2], pads = [0, 0, 1, 1]} : (tensor<1x2x8x8xf32>) -> tensor<1x2x4x4xf32>
// CHECK: cudnn.resample(%x) {mode = "avg_exclude", window = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0]}
// CHECK: [[M:%.*]] = cudnn.resample(%x) {mode = "avg_include", window = [8, 8], strides = [1, 1], pads = [0, 0, 0, 0]} : (tensor<1x2x8x8xf32>) -> tensor<1x2x1x1xf32>
// CHECK: kernel.view([[M]]) : (tensor<1x2x1x1xf32>) -> tensor<1x2xf32>
func.func @main(%x: tensor<1x2x8x8xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>, tensor<1x2xf32>) {
  %a = arhat.max_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "ceil"} : (tensor<1x2x8x8xf32>) -> tensor<1x2x4x4xf32>
  %b = arhat.avg_pool(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], rounding = "floor", exclude_pad = true} : (tensor<1x2x8x8xf32>) -> tensor<1x2x4x4xf32>
  %c = arhat.reduce_mean(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x2x8x8xf32>) -> tensor<1x2xf32>
  func.return %a, %b, %c : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>, tensor<1x2xf32>
}
