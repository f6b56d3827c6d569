// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @updates(%a: tensor<2x4x5xf32>, %b: tensor<3x1xi64>, %c: tensor<2x4x5xf32>) {
  // expected-error@+1 {{updates must have shape [2, 3, 5], got [2, 4, 5]}}
  %0 = arhat.scatter_update(%a, %b, %c) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x1xi64>, tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @scatter_axis(%a: tensor<2x4x5xf32>, %b: tensor<3x1xi64>, %c: tensor<2x3x5xf32>) {
  // expected-error@+1 {{axis 4 is out of range for rank 3}}
  %0 = arhat.scatter_update(%a, %b, %c) {axis = 4, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x1xi64>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @tuples(%a: tensor<2x4x5xf32>, %b: tensor<3x3xi64>, %c: tensor<2x3x5xf32>) {
  // expected-error@+1 {{tuples of 3 positions do not fit the axes of [2, 4, 5] from 1 on}}
  %0 = arhat.scatter_update(%a, %b, %c) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x3xi64>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @scatter_indices(%a: tensor<2x4x5xf32>, %b: tensor<3x1xf32>, %c: tensor<2x3x5xf32>) {
  // expected-error@+1 {{indices must be integers, got tensor<3x1xf32>}}
  %0 = arhat.scatter_update(%a, %b, %c) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x1xf32>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @no_tuples(%a: tensor<2x4x5xf32>, %b: tensor<i64>, %c: tensor<2x3x5xf32>) {
  // expected-error@+1 {{indices need an axis of tuples}}
  %0 = arhat.scatter_update(%a, %b, %c) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<i64>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @scatter_elements(%a: tensor<2x4x5xf32>, %b: tensor<3x1xi64>, %c: tensor<2x3x5xf64>) {
  // expected-error@+1 {{operands must have one element type, got f32 and f64}}
  %0 = arhat.scatter_update(%a, %b, %c) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x1xi64>, tensor<2x3x5xf64>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @booleans(%a: tensor<2x4x5xi1>, %b: tensor<3x1xi64>, %c: tensor<2x3x5xi1>) {
  // expected-error@+1 {{reduction sum has no meaning for booleans}}
  %0 = arhat.scatter_update(%a, %b, %c) {axis = 1, reduction = "sum"} : (tensor<2x4x5xi1>, tensor<3x1xi64>, tensor<2x3x5xi1>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @reduction(%a: tensor<2x4x5xf32>, %b: tensor<3x1xi64>, %c: tensor<2x3x5xf32>) {
  // expected-error@+1 {{'reduction': expected one of none, sum, sub, prod, min, max}}
  %0 = arhat.scatter_update(%a, %b, %c) {axis = 1, reduction = "mean"} : (tensor<2x4x5xf32>, tensor<3x1xi64>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  func.return
}

// -----

func.func @update_shape(%a: tensor<4x3xf32>, %b: tensor<2x3xi64>, %c: tensor<2x2xf32>) {
  // expected-error@+1 {{indices [2, 3] and updates [2, 2] differ in shape}}
  %0 = arhat.scatter_elements_update(%a, %b, %c) {axis = 0, reduction = "mean", use_init_val = true} : (tensor<4x3xf32>, tensor<2x3xi64>, tensor<2x2xf32>) -> tensor<4x3xf32>
  func.return
}

// -----

func.func @update_axis(%a: tensor<4x3xf32>, %b: tensor<2x3xi64>, %c: tensor<2x3xf32>) {
  // expected-error@+1 {{axis 2 is out of range for rank 2}}
  %0 = arhat.scatter_elements_update(%a, %b, %c) {axis = 2, reduction = "mean", use_init_val = true} : (tensor<4x3xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
  func.return
}

// -----

func.func @too_wide(%a: tensor<4x3xf32>, %b: tensor<2x4xi64>, %c: tensor<2x4xf32>) {
  // expected-error@+1 {{indices [2, 4] do not fit [4, 3] along axis 0}}
  %0 = arhat.scatter_elements_update(%a, %b, %c) {axis = 0, reduction = "mean", use_init_val = true} : (tensor<4x3xf32>, tensor<2x4xi64>, tensor<2x4xf32>) -> tensor<4x3xf32>
  func.return
}

// -----

func.func @elements(%a: tensor<2x4xf32>, %b: tensor<3x3xi64>) {
  // expected-error@+1 {{indices [3, 3] do not fit [2, 4] along axis 1}}
  %0 = arhat.gather_elements(%a, %b) {axis = 1} : (tensor<2x4xf32>, tensor<3x3xi64>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @element_axis(%a: tensor<2x4xf32>, %b: tensor<2x3xi64>) {
  // expected-error@+1 {{axis -1 is out of range for rank 2}}
  %0 = arhat.gather_elements(%a, %b) {axis = -1} : (tensor<2x4xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @depth(%a: tensor<2x4x5xf32>, %b: tensor<3x4xi64>) {
  // expected-error@+1 {{tuples of 4 positions do not fit the axes of [2, 4, 5] from 0 on}}
  %0 = arhat.gather_nd(%a, %b) {batch_dims = 0} : (tensor<2x4x5xf32>, tensor<3x4xi64>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @batch(%a: tensor<2x4x5xf32>, %b: tensor<3x2xi64>) {
  // expected-error@+1 {{batch axes differ: [2] and [3]}}
  %0 = arhat.gather_nd(%a, %b) {batch_dims = 1} : (tensor<2x4x5xf32>, tensor<3x2xi64>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @batch_dims(%a: tensor<2x4x5xf32>, %b: tensor<3x2xi64>) {
  // expected-error@+1 {{'batch_dims' 2 is out of range}}
  %0 = arhat.gather_nd(%a, %b) {batch_dims = 2} : (tensor<2x4x5xf32>, tensor<3x2xi64>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @too_many(%a: tensor<1x9xf32>) {
  // expected-error@+1 {{cannot take 10 of the 9 elements of axis 1}}
  %0, %1 = arhat.topk(%a) {axis = 1, k = 10, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x9xf32>) -> (tensor<1x2xf32>, tensor<1x2xi32>)
  func.return
}

// -----

func.func @topk_axis(%a: tensor<1x9xf32>) {
  // expected-error@+1 {{axis 2 is out of range for rank 2}}
  %0, %1 = arhat.topk(%a) {axis = 2, k = 2, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x9xf32>) -> (tensor<1x2xf32>, tensor<1x2xi32>)
  func.return
}

// -----

func.func @positions(%a: tensor<1x9xf32>) {
  // expected-error@+1 {{result type must be tensor<1x2xi32> by the shape rule, got tensor<1x2xi64>}}
  %0, %1 = arhat.topk(%a) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x9xf32>) -> (tensor<1x2xf32>, tensor<1x2xi64>)
  func.return
}

// -----

func.func @scalars(%a: tensor<3xi64>, %b: tensor<1xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{'on' and 'off' must be scalars}}
  %0 = arhat.one_hot(%a, %b, %c) {axis = 1, depth = 4, normalize = false} : (tensor<3xi64>, tensor<1xf32>, tensor<f32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @depth_of_one_hot(%a: tensor<3xi64>, %b: tensor<f32>, %c: tensor<f32>) {
  // expected-error@+1 {{'depth' must not be negative, got -1}}
  %0 = arhat.one_hot(%a, %b, %c) {axis = 1, depth = -1, normalize = false} : (tensor<3xi64>, tensor<f32>, tensor<f32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @hot_indices(%a: tensor<3xf32>, %b: tensor<f32>, %c: tensor<f32>) {
  // expected-error@+1 {{indices must be integers, got tensor<3xf32>}}
  %0 = arhat.one_hot(%a, %b, %c) {axis = 1, depth = 4, normalize = false} : (tensor<3xf32>, tensor<f32>, tensor<f32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @buckets(%a: tensor<2x3xf32>, %b: tensor<4x1xf32>) {
  // expected-error@+1 {{buckets must be a list, got tensor<4x1xf32>}}
  %0 = arhat.bucketize(%a, %b) {right_bound = true, index_type = "i64"} : (tensor<2x3xf32>, tensor<4x1xf32>) -> tensor<2x3xi64>
  func.return
}

// -----

func.func @bucket_elements(%a: tensor<2x3xf32>, %b: tensor<4xi64>) {
  // expected-error@+1 {{operands must have one element type, got f32 and i64}}
  %0 = arhat.bucketize(%a, %b) {right_bound = true, index_type = "i64"} : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<2x3xi64>
  func.return
}

// -----

func.func @lengths(%a: tensor<2x9x3xf32>, %b: tensor<9xi32>) {
  // expected-error@+1 {{lengths must have shape [2], got [9]}}
  %0 = arhat.reverse_sequence(%a, %b) {batch_axis = 0, seq_axis = 1} : (tensor<2x9x3xf32>, tensor<9xi32>) -> tensor<2x9x3xf32>
  func.return
}

// -----

func.func @same_axes(%a: tensor<2x9x3xf32>, %b: tensor<2xi32>) {
  // expected-error@+1 {{axes [1, 1] repeat an axis}}
  %0 = arhat.reverse_sequence(%a, %b) {batch_axis = 1, seq_axis = 1} : (tensor<2x9x3xf32>, tensor<2xi32>) -> tensor<2x9x3xf32>
  func.return
}

// -----

func.func @mask(%a: tensor<88x1x71xf32>, %b: tensor<1x88xf32>) {
  // expected-error@+1 {{the mask must have shape [88, 1], got [1, 88]}}
  %0 = arhat.ctc_greedy_decoder(%a, %b) {merge_repeated = true} : (tensor<88x1x71xf32>, tensor<1x88xf32>) -> tensor<1x88x1x1xf32>
  func.return
}

// -----

func.func @scores(%a: tensor<88x1x0xf32>, %b: tensor<88x1xf32>) {
  // expected-error@+1 {{the input must be [T, N, C] with classes, got [88, 1, 0]}}
  %0 = arhat.ctc_greedy_decoder(%a, %b) {merge_repeated = true} : (tensor<88x1x0xf32>, tensor<88x1xf32>) -> tensor<1x88x1x1xf32>
  func.return
}

// -----

func.func @sequence_lengths(%a: tensor<1x88x71xf32>, %b: tensor<2xi32>) {
  // expected-error@+1 {{lengths must have shape [1], got [2]}}
  %0, %1 = arhat.ctc_greedy_decoder_seq_len(%a, %b) {blank = 70, merge_repeated = true, class_type = "i32", length_type = "i64"} : (tensor<1x88x71xf32>, tensor<2xi32>) -> (tensor<1x88xi32>, tensor<1xi64>)
  func.return
}

// -----

func.func @integer_scores(%a: tensor<1x88x71xi32>, %b: tensor<1xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0, %1 = arhat.ctc_greedy_decoder_seq_len(%a, %b) {blank = 70, merge_repeated = true, class_type = "i32", length_type = "i64"} : (tensor<1x88x71xi32>, tensor<1xi32>) -> (tensor<1x88xi32>, tensor<1xi64>)
  func.return
}
