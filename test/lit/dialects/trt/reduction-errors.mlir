// One error per rule of the verifiers.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @inner(%a0: tensor<2x8x4xf32>, %a1: tensor<2x8x4xf32>) {
  // expected-error@below {{inner extents differ: 4 and 8}}
  %r = trt.matrix_multiply(%a0, %a1) {op_a = "none", op_b = "none"} : (tensor<2x8x4xf32>, tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  func.return
}

// -----

func.func @batch(%a0: tensor<2x8x4xf32>, %a1: tensor<4x8xf32>) {
  // expected-error@below {{operands have as many batch axes, got 1 and 0}}
  %r = trt.matrix_multiply(%a0, %a1) {op_a = "none", op_b = "none"} : (tensor<2x8x4xf32>, tensor<4x8xf32>) -> tensor<2x8x8xf32>
  func.return
}

// -----

func.func @matrix(%a0: tensor<8x4xf32>, %a1: tensor<4xf32>) {
  // expected-error@below {{'b' with 'transpose' has at least 2 axes, got 1}}
  %r = trt.matrix_multiply(%a0, %a1) {op_a = "none", op_b = "transpose"} : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8xf32>
  func.return
}

// -----

func.func @integers(%a0: tensor<8x4xi32>, %a1: tensor<4x8xi32>) {
  // expected-error@below {{the operand is f32, f16 or bf16, got i32}}
  %r = trt.matrix_multiply(%a0, %a1) {op_a = "none", op_b = "none"} : (tensor<8x4xi32>, tensor<4x8xi32>) -> tensor<8x8xi32>
  func.return
}

// -----

func.func @axes(%a0: tensor<2x4xf32>) {
  // expected-error@below {{axis 2 is out of range for rank 2}}
  %r = trt.reduce(%a0) {op = "sum", axes = [2], keep_dims = true} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @no_axes(%a0: tensor<2x4xf32>) {
  // expected-error@below {{'axes' names at least one axis}}
  %r = trt.reduce(%a0) {op = "sum", axes = [], keep_dims = true} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @kept(%a0: tensor<2x4xf32>) {
  // expected-error@below {{the result should be tensor<2xf32>, not tensor<2x1xf32>}}
  %r = trt.reduce(%a0) {op = "sum", axes = [1], keep_dims = false} : (tensor<2x4xf32>) -> tensor<2x1xf32>
  func.return
}

// -----

func.func @mean(%a0: tensor<2x4xi32>) {
  // expected-error@below {{the operand of 'avg' is f32, f16 or bf16, got i32}}
  %r = trt.reduce(%a0) {op = "avg", axes = [1], keep_dims = false} : (tensor<2x4xi32>) -> tensor<2xi32>
  func.return
}

// -----

func.func @softmax(%a0: tensor<2x4xf32>) {
  // expected-error@below {{'axis' 2 is out of range for rank 2}}
  %r = trt.soft_max(%a0) {axis = 2} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @softmax_rank(%a0: tensor<4xf32>) {
  // expected-error@below {{the operand has at least 2 axes, got 1}}
  %r = trt.soft_max(%a0) {axis = 0} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @normalization(%a0: tensor<1x4x8x8xf32>, %a1: tensor<4xf32>, %a2: tensor<4xf32>) {
  // expected-error@below {{operands have one rank, got [1, 4, 8, 8] and [4]}}
  %r = trt.normalization(%a0, %a1, %a2) {axes = [2, 3], epsilon = 1.0e-05, groups = 1} : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  func.return
}

// -----

func.func @normalization_bias(%a0: tensor<1x4x8x8xf32>, %a1: tensor<1x4x1x1xf32>, %a2: tensor<1x1x1x1xf32>) {
  // expected-error@below {{'scale' and 'bias' have one shape, got tensor<1x4x1x1xf32> and tensor<1x1x1x1xf32>}}
  %r = trt.normalization(%a0, %a1, %a2) {axes = [2, 3], epsilon = 1.0e-05, groups = 1} : (tensor<1x4x8x8xf32>, tensor<1x4x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x4x8x8xf32>
  func.return
}

// -----

func.func @normalization_type(%a0: tensor<1x4x8x8xf16>, %a1: tensor<1x4x1x1xf32>, %a2: tensor<1x4x1x1xf32>) {
  // expected-error@below {{'scale' has the operand's element type f16, got f32}}
  %r = trt.normalization(%a0, %a1, %a2) {axes = [2, 3], epsilon = 1.0e-05, groups = 1} : (tensor<1x4x8x8xf16>, tensor<1x4x1x1xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x8x8xf16>
  func.return
}

// -----

func.func @groups(%a0: tensor<1x4x8x8xf32>, %a1: tensor<1x4x1x1xf32>, %a2: tensor<1x4x1x1xf32>) {
  // expected-error@below {{TensorRT 10 and 11 take other scales for groups: 'groups' is 1, got 2}}
  %r = trt.normalization(%a0, %a1, %a2) {axes = [2, 3], epsilon = 1.0e-05, groups = 2} : (tensor<1x4x8x8xf32>, tensor<1x4x1x1xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  func.return
}

// -----

func.func @cumulative(%a0: tensor<2x4xf32>, %a1: tensor<i32>) {
  // expected-error@below {{'axis' comes from a trt.constant}}
  %r = trt.cumulative(%a0, %a1) {op = "sum", exclusive = false, reverse = false} : (tensor<2x4xf32>, tensor<i32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @cumulative_range(%x: tensor<2x4xf32>) {
  %cn = arhat.constant() {value = dense<2> : tensor<i32>} : () -> tensor<i32>
  %n = trt.constant(%cn) : (tensor<i32>) -> tensor<i32>
  // expected-error@below {{axis 2 is out of range for rank 2}}
  %r = trt.cumulative(%x, %n) {op = "sum", exclusive = false, reverse = false} : (tensor<2x4xf32>, tensor<i32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @cumulative_axis(%a0: tensor<2x4xf32>, %a1: tensor<1xi32>) {
  // expected-error@below {{'axis' is one number, got tensor<1xi32>}}
  %r = trt.cumulative(%a0, %a1) {op = "sum", exclusive = false, reverse = false} : (tensor<2x4xf32>, tensor<1xi32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @top_k(%a0: tensor<2x4xf32>) {
  // expected-error@below {{cannot take 5 of 4 elements}}
  %v, %i = trt.top_k(%a0) {op = "max", k = 5, axis = 1} : (tensor<2x4xf32>) -> (tensor<2x5xf32>, tensor<2x5xi32>)
  func.return
}

// -----

func.func @top_k_large(%a0: tensor<2x9000xf32>) {
  // expected-error@below {{a TopK layer takes at most 3840 elements, got 3841}}
  %v, %i = trt.top_k(%a0) {op = "max", k = 3841, axis = 1} : (tensor<2x9000xf32>) -> (tensor<2x3841xf32>, tensor<2x3841xi32>)
  func.return
}

// -----

func.func @top_k_axis(%a0: tensor<2x1x1x1x4xf32>) {
  // expected-error@below {{'axis' 0 is not one of the last four of 5}}
  %v, %i = trt.top_k(%a0) {op = "max", k = 1, axis = 0} : (tensor<2x1x1x1x4xf32>) -> (tensor<1x1x1x1x4xf32>, tensor<1x1x1x1x4xi32>)
  func.return
}

// -----

func.func @top_k_indices(%a0: tensor<2x4xf32>) {
  // expected-error@below {{the result should be tensor<2x1xi32>, not tensor<2x1xi64>}}
  %v, %i = trt.top_k(%a0) {op = "max", k = 1, axis = 1} : (tensor<2x4xf32>) -> (tensor<2x1xf32>, tensor<2x1xi64>)
  func.return
}
