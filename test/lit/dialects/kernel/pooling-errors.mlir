// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @channels(%x: tensor<1x8x6x6xi32>) {
  // expected-error@+1 {{batch and channels stay what they are}}
  %0 = kernel.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x6x6xi32>) -> tensor<1x4x3x3xi32>
  func.return
}

// -----

func.func @element(%x: tensor<1x8x6x6xi32>) {
  // expected-error@+1 {{result must have the operand's element type i32, got f32}}
  %0 = kernel.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x6x6xi32>) -> tensor<1x8x3x3xf32>
  func.return
}

// -----

func.func @spatial(%x: tensor<1x8x6xf32>) {
  // expected-error@+1 {{there is one value for each spatial axis}}
  %0, %1 = kernel.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 0, index_type = "i64"} : (tensor<1x8x6xf32>) -> (tensor<1x8x3xf32>, tensor<1x8x3xi64>)
  func.return
}

// -----

func.func @indices(%x: tensor<1x8x6x6xf32>) {
  // expected-error@+1 {{there is one index for each result}}
  %0, %1 = kernel.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 0, index_type = "i64"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x2xi64>)
  func.return
}

// -----

func.func @adaptive(%x: tensor<1x8x6x6xf32>) {
  // expected-error@+1 {{result must have shape [1, 8, 4, 4], got [1, 8, 4, 3]}}
  %0 = kernel.adaptive_avg_pool(%x) {sizes = [4, 4]} : (tensor<1x8x6x6xf32>) -> tensor<1x8x4x3xf32>
  func.return
}

// -----

func.func @adaptive_max(%x: tensor<1x8x6x6xf32>) {
  // expected-error@+1 {{the result has the sizes asked for}}
  %0, %1 = kernel.adaptive_max_pool(%x) {sizes = [4, 4], index_type = "i32"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x4x3xf32>, tensor<1x8x4x3xi32>)
  func.return
}

// -----

func.func @offsets(%x: tensor<1x4x8x8xf32>, %o: tensor<1x9x8x8xf32>) {
  // expected-error@+1 {{there must be 18 channels of offsets}}
  %0 = kernel.deformable_columns(%x, %o) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = true} : (tensor<1x4x8x8xf32>, tensor<1x9x8x8xf32>) -> tensor<1x36x8x8xf32>
  func.return
}

// -----

func.func @mask(%x: tensor<1x4x8x8xf32>, %o: tensor<1x18x8x8xf32>) {
  // expected-error@+1 {{the mask does not fit the offsets}}
  %0 = kernel.deformable_columns(%x, %o, %o) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = true} : (tensor<1x4x8x8xf32>, tensor<1x18x8x8xf32>, tensor<1x18x8x8xf32>) -> tensor<1x36x8x8xf32>
  func.return
}
