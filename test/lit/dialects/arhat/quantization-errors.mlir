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
