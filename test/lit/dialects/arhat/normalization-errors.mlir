// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @mvn_axis(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{axis 4 is out of range for rank 4}}
  %0 = arhat.mvn(%x) {axes = [4], normalize_variance = true, eps = 1.0e-5, eps_mode = "inside_sqrt"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  func.return
}

// -----

func.func @mvn_axes(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{axes [2, 2] repeat an axis}}
  %0 = arhat.mvn(%x) {axes = [2, 2], normalize_variance = true, eps = 1.0e-5, eps_mode = "inside_sqrt"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  func.return
}

// -----

func.func @mvn_mode(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{'eps_mode': expected one of inside_sqrt, outside_sqrt, got "add"}}
  %0 = arhat.mvn(%x) {axes = [2, 3], normalize_variance = true, eps = 1.0e-5, eps_mode = "add"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  func.return
}

// -----

func.func @mvn_of_integers(%x: tensor<4xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.mvn(%x) {axes = [0], normalize_variance = true, eps = 1.0, eps_mode = "inside_sqrt"} : (tensor<4xi32>) -> tensor<4xi32>
  func.return
}

// -----

func.func @lrn_axis(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{axis 5 is out of range for rank 4}}
  %0 = arhat.lrn(%x) {axes = [5], alpha = 1.0e-4, beta = 0.75, bias = 1.0, size = 5} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  func.return
}

// -----

func.func @lrn_size(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{'size' must be at least 1, got 0}}
  %0 = arhat.lrn(%x) {axes = [1], alpha = 1.0e-4, beta = 0.75, bias = 1.0, size = 0} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  func.return
}

// -----

func.func @lrn_result(%x: tensor<1x8x7x7xf32>) {
  // expected-error@+1 {{result type must be tensor<1x8x7x7xf32> by the shape rule, got tensor<1x8x7xf32>}}
  %0 = arhat.lrn(%x) {axes = [1], alpha = 1.0e-4, beta = 0.75, bias = 1.0, size = 5} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7xf32>
  func.return
}
