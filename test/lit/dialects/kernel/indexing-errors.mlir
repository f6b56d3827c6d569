// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @updates(%a: tensor<2x4x5xf32>, %b: tensor<3x1xi64>, %c: tensor<2x4x5xf32>) {
  // expected-error@+1 {{updates must have shape [2, 3, 5]}}
  %0 = kernel.scatter_update(%a, %b, %c) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x1xi64>, tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @tuples(%a: tensor<2x4x5xf32>, %b: tensor<3x3xi64>, %c: tensor<2x3x5xf32>) {
  // expected-error@+1 {{tuples do not fit the operand}}
  %0 = kernel.scatter_update(%a, %b, %c) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x3xi64>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @update_shape(%a: tensor<4x3xf32>, %b: tensor<2x3xi64>, %c: tensor<2x2xf32>) {
  // expected-error@+1 {{indices and updates must have one shape}}
  %0 = kernel.scatter_elements_update(%a, %b, %c) {axis = 0, reduction = "mean", use_init_val = true, scratch_bytes = 64} : (tensor<4x3xf32>, tensor<2x3xi64>, tensor<2x2xf32>) -> tensor<4x3xf32>
  func.return
}

// -----

func.func @element_axis(%a: tensor<2x4xf32>, %b: tensor<2x3xi64>) {
  // expected-error@+1 {{axis out of range}}
  %0 = kernel.gather_elements(%a, %b) {axis = 2} : (tensor<2x4xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @depth(%a: tensor<2x4x5xf32>, %b: tensor<3x4xi64>) {
  // expected-error@+1 {{tuples do not fit the operand}}
  %0 = kernel.gather_nd(%a, %b) {batch_dims = 0} : (tensor<2x4x5xf32>, tensor<3x4xi64>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @too_many(%a: tensor<1x9xf32>) {
  // expected-error@+1 {{cannot take 10 of 9 elements}}
  %0, %1 = kernel.topk(%a) {axis = 1, k = 10, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x9xf32>) -> (tensor<1x2xf32>, tensor<1x2xi32>)
  func.return
}

// -----

func.func @positions(%a: tensor<1x9xf32>) {
  // expected-error@+1 {{positions must be i32, got i64}}
  %0, %1 = kernel.topk(%a) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x9xf32>) -> (tensor<1x2xf32>, tensor<1x2xi64>)
  func.return
}

// -----

func.func @value_shape(%a: tensor<1x9xf32>) {
  // expected-error@+1 {{results must have shape [1, 2]}}
  %0, %1 = kernel.topk(%a) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x9xf32>) -> (tensor<1x3xf32>, tensor<1x2xi32>)
  func.return
}

// -----

func.func @values(%a: tensor<3xi64>, %b: tensor<f64>, %c: tensor<f32>) {
  // expected-error@+1 {{values differ in element type}}
  %0 = kernel.one_hot(%a, %b, %c) {axis = 1, depth = 4, normalize = false} : (tensor<3xi64>, tensor<f64>, tensor<f32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @shape(%a: tensor<2x3xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{result must have shape [2, 3], got [3, 2]}}
  %0 = kernel.bucketize(%a, %b) {right_bound = true, index_type = "i64"} : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<3x2xi64>
  func.return
}

// -----

func.func @lengths(%a: tensor<2x9x3xf32>, %b: tensor<9xi32>) {
  // expected-error@+1 {{there must be one length for each slice}}
  %0 = kernel.reverse_sequence(%a, %b) {batch_axis = 0, seq_axis = 1} : (tensor<2x9x3xf32>, tensor<9xi32>) -> tensor<2x9x3xf32>
  func.return
}

// -----

func.func @mask(%a: tensor<88x1x71xf32>, %b: tensor<1x88xf32>) {
  // expected-error@+1 {{scores must be TxNxC and the mask TxN}}
  %0 = kernel.ctc_greedy_decoder(%a, %b) {merge_repeated = true} : (tensor<88x1x71xf32>, tensor<1x88xf32>) -> tensor<1x88x1x1xf32>
  func.return
}

// -----

func.func @counts(%a: tensor<1x88x71xf32>, %b: tensor<1xi32>) {
  // expected-error@+1 {{expected [1] of i64, got [1] of i32}}
  %0, %1 = kernel.ctc_greedy_decoder_seq_len(%a, %b) {blank = 70, merge_repeated = true, class_type = "i32", length_type = "i64"} : (tensor<1x88x71xf32>, tensor<1xi32>) -> (tensor<1x88xi32>, tensor<1xi32>)
  func.return
}

// -----

func.func @resample_axis(%a: tensor<1x3x4x16xf32>) {
  // expected-error@+1 {{axis out of range}}
  %0 = kernel.resample(%a) {axis = 4, size = 8, filter = "bicubic", cube_coeff = -0.5, scratch_bytes = 640} : (tensor<1x3x4x16xf32>) -> tensor<1x3x4x8xf32>
  func.return
}
