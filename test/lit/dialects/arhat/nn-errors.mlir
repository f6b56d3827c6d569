// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @rank(%x: tensor<1x4xf32>, %y: tensor<6x4xf32>) {
  // expected-error@+1 {{the input must have rank 3 to 5, got 2}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4xf32>, tensor<6x4xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @filter_rank(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3xf32>) {
  // expected-error@+1 {{the filter must have rank 4, got 3}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @strides_length(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{'strides' must have 2 values, got 1}}
  %0 = arhat.convolution(%x, %y) {strides = [2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @strides_zero(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{'strides' must be at least 1, got [0, 2]}}
  %0 = arhat.convolution(%x, %y) {strides = [0, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @pads_negative(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{'pads_begin' must be at least 0, got [-1, 0]}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [-1, 0], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @dilations_zero(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{'dilations' must be at least 1, got [0, 1]}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [0, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @groups_zero(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{'groups' must be at least 1, got 0}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 0} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @channels(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{the input has 4 channels, the filter takes 4 in each of 2 groups}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 2} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @groups_outputs(%x: tensor<1x4x8x8xf32>, %y: tensor<5x2x3x3xf32>) {
  // expected-error@+1 {{5 output channels do not divide into 2 groups}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 2} : (tensor<1x4x8x8xf32>, tensor<5x2x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @empty_filter(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x0x3xf32>) {
  // expected-error@+1 {{the filter must not be empty}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x0x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @filter_too_large(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x11x3xf32>) {
  // expected-error@+1 {{a window of 11 does not fit a padded size of 10}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x11x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @integers(%x: tensor<1x4x8x8xi32>, %y: tensor<6x4x3x3xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xi32>, tensor<6x4x3x3xi32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @mixed(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf16>) {
  // expected-error@+1 {{operands must have one element type, got f32 and f16}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf16>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @result_shape(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{result type must be tensor<1x6x4x4xf32> by the shape rule, got tensor<1x6x8x8xf32>}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  func.return
}

// -----

func.func @result_element(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{result type must be tensor<1x6x4x4xf32> by the shape rule, got tensor<1x6x4x4xf16>}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf16>
  func.return
}

// -----

func.func @bias(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>, %z: tensor<4xf32>) {
  // expected-error@+1 {{bias must have shape [6], got tensor<4xf32>}}
  %0 = arhat.convolution(%x, %y, bias = %z) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<4xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @residual(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>, %z: tensor<1x6x8x8xf32>) {
  // expected-error@+1 {{residual must have the result's shape [1, 6, 4, 4], got tensor<1x6x8x8xf32>}}
  %0 = arhat.convolution(%x, %y, residual = %z) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<1x6x8x8xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @slope_without_prelu(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>, %z: tensor<6xf32>) {
  // expected-error@+1 {{a slope operand needs activation prelu}}
  %0 = arhat.convolution(%x, %y, slope = %z) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<6xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @prelu_without_slope(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{activation prelu needs the slope operand}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, activation = #arhat.activation<prelu>} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @slope_size(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>, %z: tensor<4xf32>) {
  // expected-error@+1 {{slope must have 1 or 6 values, got tensor<4xf32>}}
  %0 = arhat.convolution(%x, %y, slope = %z) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, activation = #arhat.activation<prelu>} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<4xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @dynamic(%x: tensor<?x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{shapes must be static, got tensor<?x4x8x8xf32>}}
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<?x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @missing(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{property 'strides' expected in operation 'arhat.convolution'}}
  %0 = arhat.convolution(%x, %y) {pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @kind(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  // expected-error@+1 {{'strides': expected a list of integers, got "2"}}
  %0 = arhat.convolution(%x, %y) {strides = "2", pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// -----

func.func @inner(%x: tensor<2x3x4xf32>, %y: tensor<5x4xf32>, %z: tensor<5xf32>) {
  // expected-error@+1 {{inner sizes differ: 4 and 5}}
  %0 = arhat.matmul(%x, %y, bias = %z) {transpose_a = false, transpose_b = false, activation = #arhat.activation<swish, 1.5>} : (tensor<2x3x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<2x3x5xf32>
  func.return
}

// -----

func.func @batch(%x: tensor<2x3x4xf32>, %y: tensor<3x5x4xf32>) {
  // expected-error@+1 {{shapes [2] and [3] do not broadcast}}
  %0 = arhat.matmul(%x, %y) {transpose_a = false, transpose_b = true, activation = #arhat.activation<swish, 1.5>} : (tensor<2x3x4xf32>, tensor<3x5x4xf32>) -> tensor<2x3x5xf32>
  func.return
}

// -----

func.func @scalar(%x: tensor<f32>, %y: tensor<5x4xf32>) {
  // expected-error@+1 {{matmul operands must not be scalars}}
  %0 = arhat.matmul(%x, %y) {transpose_a = false, transpose_b = true, activation = #arhat.activation<swish, 1.5>} : (tensor<f32>, tensor<5x4xf32>) -> tensor<2x3x5xf32>
  func.return
}

// -----

func.func @matmul_bias(%x: tensor<2x3x4xf32>, %y: tensor<5x4xf32>, %z: tensor<4x2x3x5xf32>) {
  // expected-error@+1 {{bias must broadcast to [2, 3, 5], got tensor<4x2x3x5xf32>}}
  %0 = arhat.matmul(%x, %y, bias = %z) {transpose_a = false, transpose_b = true, activation = #arhat.activation<swish, 1.5>} : (tensor<2x3x4xf32>, tensor<5x4xf32>, tensor<4x2x3x5xf32>) -> tensor<2x3x5xf32>
  func.return
}

// -----

func.func @matmul_prelu(%x: tensor<2x3x4xf32>, %y: tensor<5x4xf32>, %z: tensor<5xf32>) {
  // expected-error@+1 {{activation prelu needs the slope operand}}
  %0 = arhat.matmul(%x, %y, bias = %z) {transpose_a = false, transpose_b = true, activation = #arhat.activation<prelu>} : (tensor<2x3x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<2x3x5xf32>
  func.return
}

// -----

func.func @pool_rank(%x: tensor<1x8xf32>) {
  // expected-error@+1 {{the input must have rank 3 to 5, got 2}}
  %0 = arhat.max_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], rounding = "floor"} : (tensor<1x8xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// -----

func.func @kernel_length(%x: tensor<1x8x16x16xf32>) {
  // expected-error@+1 {{'kernel' must have 2 values, got 1}}
  %0 = arhat.max_pool(%x) {kernel = [3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// -----

func.func @kernel_zero(%x: tensor<1x8x16x16xf32>) {
  // expected-error@+1 {{'kernel' must be at least 1, got [0, 3]}}
  %0 = arhat.max_pool(%x) {kernel = [0, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// -----

func.func @pool_dilations(%x: tensor<1x8x16x16xf32>) {
  // expected-error@+1 {{'dilations' must have 2 values, got 1}}
  %0 = arhat.max_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1], rounding = "floor"} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// -----

func.func @rounding(%x: tensor<1x8x16x16xf32>) {
  // expected-error@+1 {{'rounding': expected one of floor, ceil, ceil_torch, got "up"}}
  %0 = arhat.max_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], rounding = "up"} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// -----

func.func @window_too_large(%x: tensor<1x8x16x16xf32>) {
  // expected-error@+1 {{a window of 18 does not fit a padded size of 17}}
  %0 = arhat.max_pool(%x) {kernel = [18, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// -----

func.func @avg_integers(%x: tensor<1x8x16x16xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.avg_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], rounding = "ceil", exclude_pad = true} : (tensor<1x8x16x16xi32>) -> tensor<1x8x8x8xi32>
  func.return
}

// -----

func.func @exclude_pad(%x: tensor<1x8x16x16xf32>) {
  // expected-error@+1 {{'exclude_pad': expected true or false, got 1 : i64}}
  %0 = arhat.avg_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], rounding = "ceil", exclude_pad = 1} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// -----

func.func @axis(%x: tensor<1x10xf32>) {
  // expected-error@+1 {{axis 2 is out of range for rank 2}}
  %0 = arhat.softmax(%x) {axis = 2} : (tensor<1x10xf32>) -> tensor<1x10xf32>
  func.return
}

// -----

func.func @negative_axis(%x: tensor<1x10xf32>) {
  // expected-error@+1 {{axis -1 is out of range for rank 2}}
  %0 = arhat.softmax(%x) {axis = -1} : (tensor<1x10xf32>) -> tensor<1x10xf32>
  func.return
}

// -----

func.func @softmax_integers(%x: tensor<1x10xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.softmax(%x) {axis = 1} : (tensor<1x10xi32>) -> tensor<1x10xf32>
  func.return
}

// -----

func.func @axes(%x: tensor<1x8x4x4xf32>) {
  // expected-error@+1 {{axis 4 is out of range for rank 4}}
  %0 = arhat.normalize_l2(%x) {axes = [4], eps = 1.0e-10, eps_mode = "add"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @axes_twice(%x: tensor<1x8x4x4xf32>) {
  // expected-error@+1 {{axes [1, 1] repeat an axis}}
  %0 = arhat.normalize_l2(%x) {axes = [1, 1], eps = 1.0e-10, eps_mode = "add"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @eps_mode(%x: tensor<1x8x4x4xf32>) {
  // expected-error@+1 {{'eps_mode': expected one of add, max, got "mul"}}
  %0 = arhat.normalize_l2(%x) {axes = [1], eps = 1.0e-10, eps_mode = "mul"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @eps(%x: tensor<1x8x4x4xf32>) {
  // expected-error@+1 {{'eps': expected a 64-bit float, got "small"}}
  %0 = arhat.normalize_l2(%x) {axes = [1], eps = "small", eps_mode = "add"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}
