// One error per rule of the verifiers.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @concatenation(%a0: tensor<2x4xf32>, %a1: tensor<3x4xf32>) {
  // expected-error@below {{operands differ along axis 1 only, got [2, 4] and [3, 4]}}
  %r = trt.concatenation(%a0, %a1) {axis = 1} : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x8xf32>
  func.return
}

// -----

func.func @concatenation_types(%a0: tensor<2x4xf32>, %a1: tensor<2x4xf16>) {
  // expected-error@below {{operands have one element type, got f32 and f16}}
  %r = trt.concatenation(%a0, %a1) {axis = 1} : (tensor<2x4xf32>, tensor<2x4xf16>) -> tensor<2x8xf32>
  func.return
}

// -----

func.func @concatenation_axis(%a0: tensor<2x4xf32>, %a1: tensor<2x4xf32>) {
  // expected-error@below {{'axis' 2 is out of range for rank 2}}
  %r = trt.concatenation(%a0, %a1) {axis = 2} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x8xf32>
  func.return
}

// -----

func.func @concatenation_size(%a0: tensor<2x4xf32>, %a1: tensor<2x4xf32>) {
  // expected-error@below {{the result should be tensor<2x8xf32>, not tensor<2x4xf32>}}
  %r = trt.concatenation(%a0, %a1) {axis = 1} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @transpose(%a0: tensor<2x4xf32>) {
  // expected-error@below {{'first_transpose' [0, 0] is no permutation of 2 axes}}
  %r = trt.shuffle(%a0) {first_transpose = [0, 0]} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @reshape(%a0: tensor<2x4xf32>) {
  // expected-error@below {{[2, 4] has 8 elements, [3, 3] 9}}
  %r = trt.shuffle(%a0) {reshape = [3, 3]} : (tensor<2x4xf32>) -> tensor<3x3xf32>
  func.return
}

// -----

func.func @zero(%a0: tensor<2x4xf32>) {
  // expected-error@below {{[2, 4] has 8 elements, [0, 4] 0}}
  %r = trt.shuffle(%a0) {reshape = [0, 4]} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @open(%a0: tensor<2x4xf32>) {
  // expected-error@below {{'reshape' leaves one extent open at most, got [-1, -1]}}
  %r = trt.shuffle(%a0) {reshape = [-1, -1]} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @left(%a0: tensor<2x4xf32>) {
  // expected-error@below {{[2, 4] does not go into [-1, 3]}}
  %r = trt.shuffle(%a0) {reshape = [-1, 3]} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @shuffled_images(%a0: tensor<2x4xui8>) {
  // expected-error@below {{the operand is f32, f16, bf16, i32, i64, i1 or i8, got ui8}}
  %r = trt.shuffle(%a0) {reshape = [8]} : (tensor<2x4xui8>) -> tensor<8xui8>
  func.return
}

// -----

func.func @slice(%a0: tensor<2x4xf32>) {
  // expected-error@below {{axis 1: elements 1 to 4 do not lie in 4}}
  %r = trt.slice(%a0) {starts = [0, 1], sizes = [2, 4], strides = [1, 1], mode = "strict_bounds"} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @slice_axes(%a0: tensor<2x4xf32>) {
  // expected-error@below {{'sizes' must have 2 values, got 1}}
  %r = trt.slice(%a0) {starts = [0, 1], sizes = [2], strides = [1, 1], mode = "clamp"} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @slice_fill(%a0: tensor<2x4xf32>, %a1: tensor<f32>) {
  // expected-error@below {{mode 'clamp' takes no 'fill'}}
  %r = trt.slice(%a0, fill = %a1) {starts = [0, 0], sizes = [2, 4], strides = [1, 1], mode = "clamp"} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @slice_fill_type(%a0: tensor<2x4xf32>, %a1: tensor<f16>) {
  // expected-error@below {{'fill' is one f32, got tensor<f16>}}
  %r = trt.slice(%a0, fill = %a1) {starts = [0, 0], sizes = [2, 4], strides = [1, 1], mode = "fill"} : (tensor<2x4xf32>, tensor<f16>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @slice_sizes(%a0: tensor<2x4xf32>, %a1: tensor<3xi64>) {
  // expected-error@below {{'dynamic_sizes' has one number for each axis, got tensor<3xi64>}}
  %r = trt.slice(%a0, dynamic_sizes = %a1) {starts = [0, 0], sizes = [2, 4], strides = [1, 1], mode = "fill"} : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @slice_nothing(%a0: tensor<0x4xf32>) {
  // expected-error@below {{axis 0 of extent 0 has nothing to repeat}}
  %r = trt.slice(%a0) {starts = [0, 0], sizes = [1, 4], strides = [1, 1], mode = "wrap"} : (tensor<0x4xf32>) -> tensor<1x4xf32>
  func.return
}

// -----

func.func @gather(%a0: tensor<2x4xf32>, %a1: tensor<3xf32>) {
  // expected-error@below {{'indices' is i32 or i64, got f32}}
  %r = trt.gather(%a0, %a1) {mode = "default", axis = 0, elementwise_dims = 0} : (tensor<2x4xf32>, tensor<3xf32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @gather_shared(%a0: tensor<2x4x8xf32>, %a1: tensor<2x4xi32>) {
  // expected-error@below {{mode 'default' has one shared axis at most, got 2}}
  %r = trt.gather(%a0, %a1) {mode = "default", axis = 2, elementwise_dims = 2} : (tensor<2x4x8xf32>, tensor<2x4xi32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @gather_axis(%a0: tensor<2x4xf32>, %a1: tensor<2x3xi32>) {
  // expected-error@below {{'axis' 0 is one of the shared axes}}
  %r = trt.gather(%a0, %a1) {mode = "default", axis = 0, elementwise_dims = 1} : (tensor<2x4xf32>, tensor<2x3xi32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @gather_rank(%a0: tensor<2x4xf32>, %a1: tensor<3xi32>) {
  // expected-error@below {{ranks are the same, got 2 and 1}}
  %r = trt.gather(%a0, %a1) {mode = "element", axis = 0, elementwise_dims = 0} : (tensor<2x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @gather_extent(%a0: tensor<2x4xf32>, %a1: tensor<2x5xi32>) {
  // expected-error@below {{'indices' [2, 5] reach out of 'data' [2, 4]}}
  %r = trt.gather(%a0, %a1) {mode = "element", axis = 0, elementwise_dims = 0} : (tensor<2x4xf32>, tensor<2x5xi32>) -> tensor<2x5xf32>
  func.return
}

// -----

func.func @gather_nd(%a0: tensor<2x4xf32>, %a1: tensor<5x3xi32>) {
  // expected-error@below {{tuples of 3 do not index 2 axes}}
  %r = trt.gather(%a0, %a1) {mode = "nd", axis = 0, elementwise_dims = 0} : (tensor<2x4xf32>, tensor<5x3xi32>) -> tensor<5xf32>
  func.return
}

// -----

func.func @gather_nd_axis(%a0: tensor<2x4xf32>, %a1: tensor<5x2xi32>) {
  // expected-error@below {{mode 'nd' has no axis: it is 0, got 1}}
  %r = trt.gather(%a0, %a1) {mode = "nd", axis = 1, elementwise_dims = 0} : (tensor<2x4xf32>, tensor<5x2xi32>) -> tensor<5xf32>
  func.return
}

// -----

func.func @gather_nd_shared(%a0: tensor<2x4xf32>, %a1: tensor<5x1xi32>) {
  // expected-error@below {{the first 1 extents are the same, got [2, 4] and [5, 1]}}
  %r = trt.gather(%a0, %a1) {mode = "nd", axis = 0, elementwise_dims = 1} : (tensor<2x4xf32>, tensor<5x1xi32>) -> tensor<5xf32>
  func.return
}

// -----

func.func @scatter(%a0: tensor<2x4xf32>, %a1: tensor<2x2xi32>, %a2: tensor<2x3xf32>) {
  // expected-error@below {{there is one update for each index, got [2, 3] and [2, 2]}}
  %r = trt.scatter(%a0, %a1, %a2) {mode = "element", axis = 1} : (tensor<2x4xf32>, tensor<2x2xi32>, tensor<2x3xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @scatter_nd(%a0: tensor<2x4xf32>, %a1: tensor<3x1xi32>, %a2: tensor<3xf32>) {
  // expected-error@below {{'updates' should be [3, 4], not [3]}}
  %r = trt.scatter(%a0, %a1, %a2) {mode = "nd", axis = 0} : (tensor<2x4xf32>, tensor<3x1xi32>, tensor<3xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @scatter_types(%a0: tensor<2x4xf32>, %a1: tensor<3x2xi32>, %a2: tensor<3xf16>) {
  // expected-error@below {{'data' and 'updates' have one element type, got f32 and f16}}
  %r = trt.scatter(%a0, %a1, %a2) {mode = "nd", axis = 0} : (tensor<2x4xf32>, tensor<3x2xi32>, tensor<3xf16>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @one_hot(%a0: tensor<3xi32>, %a1: tensor<2xf32>, %a2: tensor<i32>) {
  // expected-error@below {{'depth' comes from a trt.constant}}
  %r = trt.one_hot(%a0, %a1, %a2) {axis = 1} : (tensor<3xi32>, tensor<2xf32>, tensor<i32>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @one_hot_depth(%i: tensor<3xi32>, %v: tensor<2xf32>) {
  %cn = arhat.constant() {value = dense<6> : tensor<i32>} : () -> tensor<i32>
  %n = trt.constant(%cn) : (tensor<i32>) -> tensor<i32>
  // expected-error@below {{the result should be tensor<3x6xf32>, not tensor<3x5xf32>}}
  %r = trt.one_hot(%i, %v, %n) {axis = 1} : (tensor<3xi32>, tensor<2xf32>, tensor<i32>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @one_hot_values(%a0: tensor<3xi32>, %a1: tensor<3xf32>, %a2: tensor<i32>) {
  // expected-error@below {{'values' is [off, on], got tensor<3xf32>}}
  %r = trt.one_hot(%a0, %a1, %a2) {axis = 1} : (tensor<3xi32>, tensor<3xf32>, tensor<i32>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @reverse(%a0: tensor<2x4xf32>, %a1: tensor<4xi32>) {
  // expected-error@below {{'batch_axis' and 'sequence_axis' are two axes}}
  %r = trt.reverse_sequence(%a0, %a1) {batch_axis = 1, sequence_axis = 1} : (tensor<2x4xf32>, tensor<4xi32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @reverse_lengths(%a0: tensor<2x4xf32>, %a1: tensor<4xi32>) {
  // expected-error@below {{there are 2 lengths, got tensor<4xi32>}}
  %r = trt.reverse_sequence(%a0, %a1) {batch_axis = 0, sequence_axis = 1} : (tensor<2x4xf32>, tensor<4xi32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @shape(%a0: tensor<2x4xf32>) {
  // expected-error@below {{the result should be tensor<2xi64>, not tensor<2xi32>}}
  %r = trt.shape(%a0) : (tensor<2x4xf32>) -> tensor<2xi32>
  func.return
}
