// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @shape(%x: tensor<1x8x4x4xf32>, %m: tensor<1xf32>) {
  // expected-error@+1 {{input and output are images of one shape: batch, channels, height, width}}
  %0 = cpu.quantize(%x, %m, %m) : (tensor<1x8x4x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x5xui8>
  func.return
}

// -----

func.func @algorithm(%x: tensor<1x8x4x4xui8>, %w: tensor<8x8x1x1xi8>, %c: tensor<8xf32>) {
  // expected-error@+1 {{unknown algorithm 'winograd'}}
  %0 = cpu.quantized_conv(%x, %w, %c, %c) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1], padding = 0, algorithm = "winograd"} : (tensor<1x8x4x4xui8>, tensor<8x8x1x1xi8>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @together(%x: tensor<1x8x4x4xui8>, %w: tensor<8x8x1x1xi8>, %c: tensor<8xf32>) {
  // expected-error@+1 {{'multiplier' and 'shift' go together}}
  %0 = cpu.quantized_conv(%x, %w, %c, %c, multiplier = %c) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1], padding = 0} : (tensor<1x8x4x4xui8>, tensor<8x8x1x1xi8>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x4x4xui8>
  func.return
}
