// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @levels(%x: tensor<1x8xf32>, %l: tensor<f32>) {
  // expected-error@+1 {{'levels' must be from 2 to 16777216, got 1}}
  %0 = arhat.fake_quantize(%x, %l, %l, %l, %l) {levels = 1} : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32>
  func.return
}

// -----

func.func @shapes(%x: tensor<1x8xf32>, %l: tensor<f32>, %h: tensor<7xf32>) {
  // expected-error@+1 {{shapes [1, 8] and [7] do not broadcast}}
  %0 = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 16} : (tensor<1x8xf32>, tensor<f32>, tensor<7xf32>, tensor<f32>, tensor<7xf32>) -> tensor<1x8xf32>
  func.return
}

// -----

func.func @elements(%x: tensor<8xf32>, %l: tensor<f16>) {
  // expected-error@+1 {{operands must have one element type, got f32 and f16}}
  %0 = arhat.fake_quantize(%x, %l, %l, %l, %l) {levels = 16} : (tensor<8xf32>, tensor<f16>, tensor<f16>, tensor<f16>, tensor<f16>) -> tensor<8xf32>
  func.return
}

// -----

func.func @integers(%x: tensor<8xi32>, %l: tensor<i32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.fake_quantize(%x, %l, %l, %l, %l) {levels = 16} : (tensor<8xi32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<8xi32>
  func.return
}

// -----

func.func @not_bytes(%x: tensor<1x8x4x4xf32>, %s: tensor<1xf32>) {
  // expected-error@+1 {{the input must have element type ui8, got f32}}
  %0 = arhat.dequantize(%x, %s, %s) : (tensor<1x8x4x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @scale(%x: tensor<1x8x4x4xf32>, %s: tensor<4xf32>) {
  // expected-error@+1 {{'multiplier' must be f32 of shape [1] or [8], got tensor<4xf32>}}
  %0 = arhat.quantize(%x, %s, %s) : (tensor<1x8x4x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x8x4x4xui8>
  func.return
}

// -----

func.func @again(%x: tensor<1x8x4x4xui8>, %s: tensor<1xf32>) {
  // expected-error@+1 {{'multiplier' and 'shift' go together}}
  %0 = arhat.quantized_add(%x, %x, multiplier = %s) {scale_a = 0.5, offset_a = 0.0, scale_b = 0.25, offset_b = -32.0} : (tensor<1x8x4x4xui8>, tensor<1x8x4x4xui8>, tensor<1xf32>) -> tensor<1x8x4x4xui8>
  func.return
}

// -----

func.func @padding(%x: tensor<1x8x4x4xui8>, %w: tensor<8x8x1x1xi8>, %c: tensor<8xf32>) {
  // expected-error@+1 {{'padding' must be a byte, got 256}}
  %0 = arhat.quantized_convolution(%x, %w, %c, %c) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, padding = 256} : (tensor<1x8x4x4xui8>, tensor<8x8x1x1xi8>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @groups(%x: tensor<1x8x4x4xui8>, %w: tensor<8x4x1x1xi8>, %c: tensor<8xf32>) {
  // expected-error@+1 {{'groups' must be 1 or 8, got 2}}
  %0 = arhat.quantized_convolution(%x, %w, %c, %c) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 2, padding = 0} : (tensor<1x8x4x4xui8>, tensor<8x4x1x1xi8>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>
  func.return
}
