// One error per rule of the verifiers.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @shape(%x: tensor<1x3x8x8xf32>) {
  // expected-error@below {{a transform keeps the shape or adds channels, got [1, 3, 8, 8] and [1, 3, 8, 4]}}
  %y = cudnn.transform(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x4xf32>
  func.return
}

// -----

func.func @fewer(%x: tensor<1x3x8x8xf32>) {
  // expected-error@below {{a transform keeps the shape or adds channels, got [1, 3, 8, 8] and [1, 2, 8, 8]}}
  %y = cudnn.transform(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x2x8x8xf32>
  func.return
}

// -----

func.func @converted(%x: tensor<1x3x8x8xf32>) {
  // expected-error@below {{a transform converts between f32, f16 and bf16, got f32 and i8}}
  %y = cudnn.transform(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xi8>
  func.return
}

// -----

func.func @border(%x: tensor<1x3x8x8xf32>) {
  // expected-error@below {{cuDNN has no border around images}}
  %y = cudnn.transform(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32, #kernel.nhwc<3, halo = [1, 1, 1, 1]>>
  func.return
}

// -----

func.func @integers(%x: tensor<2x8xi32>) {
  // expected-error@below {{the operand is f32, f16 or bf16, got i32}}
  %y = cudnn.softmax(%x) {axis = 1} : (tensor<2x8xi32>) -> tensor<2x8xi32>
  func.return
}

// -----

func.func @other(%x: tensor<2x8xf32>) {
  // expected-error@below {{the result should be like the operand tensor<2x8xf32>, not tensor<2x8xf16>}}
  %y = cudnn.softmax(%x) {axis = 1} : (tensor<2x8xf32>) -> tensor<2x8xf16>
  func.return
}

// -----

func.func @layout(%x: tensor<1x8x4x4xf32, #kernel.nhwc<8>>) {
  // expected-error@below {{operand and result are dense}}
  %y = cudnn.softmax(%x) {axis = 1} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  func.return
}

// -----

func.func @axis(%x: tensor<2x8xf32>) {
  // expected-error@below {{axis 2 is out of range for rank 2}}
  %y = cudnn.softmax(%x) {axis = 2} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  func.return
}

// -----

func.func @volume(%x: tensor<1x8x4x4x4xf32>) {
  // expected-error@below {{images have rank 4, got 5}}
  %y = cudnn.lrn(%x) {size = 5, alpha = 1.0, beta = 0.75, bias = 1.0} : (tensor<1x8x4x4x4xf32>) -> tensor<1x8x4x4x4xf32>
  func.return
}

// -----

func.func @even(%x: tensor<1x8x4x4xf32>) {
  // expected-error@below {{'size' is odd and at most 15, got 4}}
  %y = cudnn.lrn(%x) {size = 4, alpha = 1.0, beta = 0.75, bias = 1.0} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @bias(%x: tensor<1x8x4x4xf32>) {
  // expected-error@below {{cuDNN takes a 'bias' of at least 1e-05, got 0.0}}
  %y = cudnn.lrn(%x) {size = 5, alpha = 1.0, beta = 0.75, bias = 0.0} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @vector(%a: tensor<4xf32>, %b: tensor<4x2xf32>) {
  // expected-error@below {{operands have two axes or more, got [4] and [4, 2]}}
  %y = cudnn.cublaslt_matmul(%a, %b) {transpose_a = false, transpose_b = false, math = "strict"} : (tensor<4xf32>, tensor<4x2xf32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @mixed(%a: tensor<3x4xf32>, %b: tensor<4x2xf16>) {
  // expected-error@below {{both operands are f32, f16 or bf16, got f32 and f16}}
  %y = cudnn.cublaslt_matmul(%a, %b) {transpose_a = false, transpose_b = false, math = "strict"} : (tensor<3x4xf32>, tensor<4x2xf16>) -> tensor<3x2xf32>
  func.return
}

// -----

func.func @result(%a: tensor<3x4xf16>, %b: tensor<4x2xf16>) {
  // expected-error@below {{the result is f16 or f32, got bf16}}
  %y = cudnn.cublaslt_matmul(%a, %b) {transpose_a = false, transpose_b = false, math = "strict"} : (tensor<3x4xf16>, tensor<4x2xf16>) -> tensor<3x2xbf16>
  func.return
}

// -----

func.func @dense(%a: tensor<1x4x4x4xf32, #kernel.nhwc<4>>, %b: tensor<1x4x4x4xf32>) {
  // expected-error@below {{operands and result are dense}}
  %y = cudnn.cublaslt_matmul(%a, %b) {transpose_a = false, transpose_b = false, math = "strict"} : (tensor<1x4x4x4xf32, #kernel.nhwc<4>>, tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  func.return
}

// -----

func.func @inner(%a: tensor<3x4xf32>, %b: tensor<4x2xf32>) {
  // expected-error@below {{[3, 4] and [4, 2] cannot be multiplied: 4 against 2}}
  %y = cudnn.cublaslt_matmul(%a, %b) {transpose_a = false, transpose_b = true, math = "strict"} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @size(%a: tensor<3x4xf32>, %b: tensor<4x2xf32>) {
  // expected-error@below {{the result should be [3, 2], not [2, 3]}}
  %y = cudnn.cublaslt_matmul(%a, %b) {transpose_a = false, transpose_b = false, math = "strict"} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @activation(%a: tensor<3x4xf32>, %b: tensor<4x2xf32>) {
  // expected-error@below {{cuBLASLt has activations together with a bias only}}
  %y = cudnn.cublaslt_matmul(%a, %b) {transpose_a = false, transpose_b = false, activation = "relu", math = "strict"} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  func.return
}

// -----

func.func @added(%a: tensor<3x4xf32>, %b: tensor<4x2xf32>, %c: tensor<3xf32>) {
  // expected-error@below {{the bias should be 2 numbers of type f32, got tensor<3xf32>}}
  %y = cudnn.cublaslt_matmul(%a, %b, bias = %c) {transpose_a = false, transpose_b = false, math = "strict"} : (tensor<3x4xf32>, tensor<4x2xf32>, tensor<3xf32>) -> tensor<3x2xf32>
  func.return
}
