// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @range(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{axis 4 is out of range for rank 4}}
  %0 = arhat.reduce_mean(%x) {axes = [2, 4], keep_dims = true} : (tensor<1x8x7x7xf32>) -> tensor<1x8x1x1xf32>
  func.return
}

// -----

func.func @twice(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{axes [2, 2] repeat an axis}}
  %0 = arhat.reduce_mean(%x) {axes = [2, 2], keep_dims = true} : (tensor<1x8x7x7xf32>) -> tensor<1x8x1x1xf32>
  func.return
}

// -----

func.func @kept(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{result type must be tensor<1x8xf32> by the shape rule, got tensor<1x8x1x1xf32>}}
  %0 = arhat.reduce_mean(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x8x7x7xf32>) -> tensor<1x8x1x1xf32>
  func.return
}

// -----

func.func @axes_kind(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{'axes': expected a list of integers, got 1.000000e+00 : f64}}
  %0 = arhat.reduce_mean(%x) {axes = 1.0, keep_dims = true} : (tensor<1x8x7x7xf32>) -> tensor<1x8x1x1xf32>
  func.return
}

// -----

func.func @all_of_numbers(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{the input must be boolean (i1), got f32}}
  %0 = arhat.reduce_logical_and(%x) {axes = [1], keep_dims = false} : (tensor<2x3xf32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @cum_sum_axis(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{axis 2 is out of range for rank 2}}
  %0 = arhat.cum_sum(%x) {axis = 2, exclusive = false, reverse = false} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @cum_sum_of_booleans(%x: tensor<2x3xi1>) {
  // expected-error@+1 {{the input must be of numbers, got i1}}
  %0 = arhat.cum_sum(%x) {axis = 1, exclusive = false, reverse = false} : (tensor<2x3xi1>) -> tensor<2x3xi1>
  func.return
}
