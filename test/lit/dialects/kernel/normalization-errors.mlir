// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @mvn_axes(%x: tensor<1x8x4x6xf32, #kernel.nhwc<16>>) {
  // expected-error@+1 {{axes out of range}}
  %0 = kernel.mvn(%x) {axes = [4], normalize_variance = true, eps = 1.0e-05, eps_mode = "inside_sqrt"} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x6xf32, #kernel.nhwc<16>>
  func.return
}

// -----

func.func @lrn_axes(%x: tensor<1x8x4x6xf32, #kernel.nhwc<16>>) {
  // expected-error@+1 {{axes out of range}}
  %0 = kernel.lrn(%x) {axes = [4], alpha = 0.25, beta = 0.75, bias = 1.0, size = 5} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x6xf32, #kernel.nhwc<16>>
  func.return
}

// -----

func.func @lrn_size(%x: tensor<1x8x4x6xf32, #kernel.nhwc<16>>) {
  // expected-error@+1 {{size must be at least 1}}
  %0 = kernel.lrn(%x) {axes = [1], alpha = 0.25, beta = 0.75, bias = 1.0, size = 0} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x6xf32, #kernel.nhwc<16>>
  func.return
}

// -----

func.func @cum_sum_axis(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{axis out of range}}
  %0 = kernel.cum_sum(%x) {axis = 2, exclusive = true, reverse = false} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @cum_sum_shape(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{result must have shape [2, 3], got [3, 2]}}
  %0 = kernel.cum_sum(%x) {axis = 1, exclusive = true, reverse = false} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  func.return
}

// -----

func.func @matmul_of_floats(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) {
  // expected-error@+1 {{operands must be integers}}
  %0 = kernel.matmul(%x, %y) {transpose_a = false, transpose_b = true} : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @matmul_inner(%x: tensor<2x3xi32>, %y: tensor<4x3xi32>) {
  // expected-error@+1 {{inner sizes differ: 3 and 4}}
  %0 = kernel.matmul(%x, %y) {transpose_a = false, transpose_b = false} : (tensor<2x3xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
  func.return
}

// -----

func.func @matmul_vector(%x: tensor<3xi32>, %y: tensor<3x4xi32>) {
  // expected-error@+1 {{operands must be matrices}}
  %0 = kernel.matmul(%x, %y) {transpose_a = false, transpose_b = false} : (tensor<3xi32>, tensor<3x4xi32>) -> tensor<4xi32>
  func.return
}

// -----

func.func @matmul_elements(%x: tensor<2x3xi32>, %y: tensor<3x4xi64>) {
  // expected-error@+1 {{operands must have one element type}}
  %0 = kernel.matmul(%x, %y) {transpose_a = false, transpose_b = false} : (tensor<2x3xi32>, tensor<3x4xi64>) -> tensor<2x4xi32>
  func.return
}
