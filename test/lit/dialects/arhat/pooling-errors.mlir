// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @rank(%x: tensor<1x8xf32>) {
  // expected-error@+1 {{the input must have rank 3 to 5, got 2}}
  %0, %1 = arhat.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 2, index_type = "i32"} : (tensor<1x8xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi32>)
  func.return
}

// -----

func.func @kernel_length(%x: tensor<1x8x6x6xf32>) {
  // expected-error@+1 {{'kernel' must have 2 values, got 1}}
  %0, %1 = arhat.max_pool_with_indices(%x) {kernel = [2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 2, index_type = "i32"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi32>)
  func.return
}

// -----

func.func @dilations_zero(%x: tensor<1x8x6x6xf32>) {
  // expected-error@+1 {{'dilations' must be at least 1, got [1, 0]}}
  %0, %1 = arhat.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 0], rounding = "floor", axis = 2, index_type = "i32"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi32>)
  func.return
}

// -----

func.func @axis(%x: tensor<1x8x6x6xf32>) {
  // expected-error@+1 {{'axis' must be from 0 to 3, got 4}}
  %0, %1 = arhat.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 4, index_type = "i32"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi32>)
  func.return
}

// -----

func.func @window(%x: tensor<1x8x6x6xf32>) {
  // expected-error@+1 {{a window of 9 does not fit a padded size of 6}}
  %0, %1 = arhat.max_pool_with_indices(%x) {kernel = [9, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 2, index_type = "i32"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi32>)
  func.return
}

// -----

func.func @index_type(%x: tensor<1x8x6x6xf32>) {
  // expected-error@+1 {{'index_type': expected one of i32, i64, got}}
  %0, %1 = arhat.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 2, index_type = "u8"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi32>)
  func.return
}

// -----

func.func @result(%x: tensor<1x8x6x6xf32>) {
  // expected-error@+1 {{result type must be tensor<1x8x3x3xf32> by the shape rule, got tensor<1x8x3x2xf32>}}
  %0, %1 = arhat.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 2, index_type = "i32"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x2xf32>, tensor<1x8x3x2xi32>)
  func.return
}

// -----

func.func @adaptive_rank(%x: tensor<1x8xf32>) {
  // expected-error@+1 {{the input must have rank 3 to 5, got 2}}
  %0 = arhat.adaptive_avg_pool(%x) {sizes = [3, 3]} : (tensor<1x8xf32>) -> tensor<1x8x3x3xf32>
  func.return
}

// -----

func.func @sizes_length(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{'sizes' must have 2 values, got 3}}
  %0 = arhat.adaptive_avg_pool(%x) {sizes = [3, 3, 3]} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
  func.return
}

// -----

func.func @sizes_zero(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{'sizes' must be at least 1, got [0, 3]}}
  %0 = arhat.adaptive_avg_pool(%x) {sizes = [0, 3]} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
  func.return
}

// -----

func.func @empty(%x: tensor<1x8x0x7xf32>) {
  // expected-error@+1 {{the input must not be empty}}
  %0 = arhat.adaptive_avg_pool(%x) {sizes = [3, 3]} : (tensor<1x8x0x7xf32>) -> tensor<1x8x3x3xf32>
  func.return
}

// -----

func.func @integers(%x: tensor<1x8x7x7xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.adaptive_avg_pool(%x) {sizes = [3, 3]} : (tensor<1x8x7x7xi32>) -> tensor<1x8x3x3xi32>
  func.return
}

// -----

func.func @adaptive_max(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{result type must be tensor<1x8x3x3xi64> by the shape rule, got tensor<1x8x3x3xi32>}}
  %0, %1 = arhat.adaptive_max_pool(%x) {sizes = [3, 3], index_type = "i64"} : (tensor<1x8x7x7xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi32>)
  func.return
}
