// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @shape(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32> {
  // expected-error@below {{the output should be (1, 4, 6, 6), not (1, 4, 8, 8)}}
  %y = cpu.conv(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  func.return %y : tensor<1x4x8x8xf32>
}

// -----

func.func @filter(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) -> tensor<1x4x8x8xf32> {
  // expected-error@below {{the filter should be (4, 3, 3, 3), not (4, 2, 3, 3)}}
  %y = cpu.conv(%x, %w) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x8x8xf32>
  func.return %y : tensor<1x4x8x8xf32>
}

// -----

func.func @groups(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32> {
  // expected-error@below {{2 groups do not divide 3 input and 4 output channels}}
  %y = cpu.conv(%x, %w) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 2, kernel = [3, 3]} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  func.return %y : tensor<1x4x8x8xf32>
}

// -----

func.func @halo(%x: tensor<1x3x8x8xf32, #kernel.nhwc<3, halo = [1, 1, 1, 0]>>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32, #kernel.nhwc<16>> {
  // expected-error@below {{the input's halo [1, 1, 1, 0] is smaller than [1, 1, 1, 1]}}
  %y = cpu.conv(%x, %w) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x3x8x8xf32, #kernel.nhwc<3, halo = [1, 1, 1, 0]>>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32, #kernel.nhwc<16>>
  func.return %y : tensor<1x4x8x8xf32, #kernel.nhwc<16>>
}

// -----

func.func @algorithm(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32> {
  // expected-error@below {{unknown algorithm 'fft'}}
  %y = cpu.conv(%x, %w) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3], algorithm = "fft"} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  func.return %y : tensor<1x4x8x8xf32>
}

// -----

func.func @rows(%a: tensor<2x8xf32>, %b: tensor<8x4xf32>) -> tensor<3x4xf32> {
  // expected-error@below {{the result should have 2 rows, not 3}}
  %y = cpu.matmul(%a, %b) {transpose_a = false, transpose_b = false} : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<3x4xf32>
  func.return %y : tensor<3x4xf32>
}

// -----

func.func @pool(%x: tensor<1x8x4x4xf32>) -> tensor<1x4x2x2xf32> {
  // expected-error@below {{input and output are batch, channels, height, width, the first two equal}}
  %y = cpu.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1]} : (tensor<1x8x4x4xf32>) -> tensor<1x4x2x2xf32>
  func.return %y : tensor<1x4x2x2xf32>
}

// -----

func.func @reorder(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x5xf32> {
  // expected-error@below {{a reorder keeps shape and element type}}
  %y = kernel.reorder(%x) : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x5xf32>
  func.return %y : tensor<1x8x4x5xf32>
}

// -----

func.func @view_of_halo(%x: tensor<1x8x4x4xf32, #kernel.nhwc<8, halo = [1, 1, 1, 1]>>) -> tensor<1x4x4x8xf32> {
  // expected-error@below {{a view needs dense memory: no halo, no padding between pixels}}
  %y = kernel.view(%x) : (tensor<1x8x4x4xf32, #kernel.nhwc<8, halo = [1, 1, 1, 1]>>) -> tensor<1x4x4x8xf32>
  func.return %y : tensor<1x4x4x8xf32>
}

// -----

func.func @view_of_size(%x: tensor<1x8xf32>) -> tensor<9xf32> {
  // expected-error@below {{a view keeps the number and the type of the elements}}
  %y = kernel.view(%x) : (tensor<1x8xf32>) -> tensor<9xf32>
  func.return %y : tensor<9xf32>
}

// -----

func.func @parts(%x: tensor<1x8xf32>) -> tensor<3x8xf32> {
  // expected-error@below {{the parts have 2 along axis 0, the result 3}}
  %y = kernel.concat_in_place(%x, %x) {axis = 0} : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<3x8xf32>
  func.return %y : tensor<3x8xf32>
}

// -----

// expected-error@below {{halo is [top, left, bottom, right]}}
func.func @halo_of_three(%x: tensor<1x8x4x4xf32, #kernel.nhwc<8, halo = [1, 1, 1]>>) {
  func.return
}
