// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @rank(%x: tensor<1x4x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{input and output have four dimensions}}
  %0 = cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2]} : (tensor<1x4x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @filter(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x3x3xf32>) {
  // expected-error@+1 {{the filter should be (4, 6, 2, 2), not (4, 6, 3, 3)}}
  %0 = cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2]} : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @groups(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{3 groups do not divide 4 input and 6 output channels}}
  %0 = cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 3, kernel = [2, 2]} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @images(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{the output should have 1 images, not 2}}
  %0 = cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2]} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<2x6x16x16xf32>
  func.return
}

// -----

func.func @algorithm(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{unknown algorithm 'winograd4'}}
  %0 = cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2], algorithm = "winograd4"} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @halo(%x: tensor<1x4x8x8xf32, #kernel.nhwc<16>>, %w: tensor<4x6x3x3xf32>) {
  // expected-error@+1 {{the input's halo [0, 0, 0, 0] is smaller than [1, 1, 0, 0]}}
  %0 = cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x4x8x8xf32, #kernel.nhwc<16>>, tensor<4x6x3x3xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @residual_last(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x1x1xf32>) {
  // expected-error@+1 {{'residual_after_activation' needs a residual and an activation}}
  %0 = cpu.conv(%x, %w, residual = %x) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1], residual_after_activation = true} : (tensor<1x4x8x8xf32>, tensor<4x4x1x1xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  func.return
}
