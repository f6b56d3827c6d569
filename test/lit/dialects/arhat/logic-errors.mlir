// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @elements(%x: tensor<2x3xf32>, %y: tensor<3xi64>) {
  // expected-error@+1 {{operands must have one element type, got f32 and i64}}
  %0 = arhat.equal(%x, %y) : (tensor<2x3xf32>, tensor<3xi64>) -> tensor<2x3xi1>
  func.return
}

// -----

func.func @broadcast(%x: tensor<2x3xf32>, %y: tensor<4xf32>) {
  // expected-error@+1 {{shapes [2, 3] and [4] do not broadcast}}
  %0 = arhat.less(%x, %y) : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xi1>
  func.return
}

// -----

func.func @result(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{result type must be tensor<2x3xi1> by the shape rule, got tensor<2x3xf32>}}
  %0 = arhat.greater(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @logical_of_floats(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{operands must be boolean (i1), got f32}}
  %0 = arhat.logical_and(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  func.return
}

// -----

func.func @not_of_integers(%x: tensor<2xi32>) {
  // expected-error@+1 {{the input must be boolean (i1), got i32}}
  %0 = arhat.logical_not(%x) : (tensor<2xi32>) -> tensor<2xi32>
  func.return
}

// -----

func.func @bits_of_floats(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{operands must be integers or booleans, got f32}}
  %0 = arhat.bitwise_and(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @no_bits(%x: tensor<2xf32>) {
  // expected-error@+1 {{the input must be of integers or booleans, got f32}}
  %0 = arhat.bitwise_not(%x) : (tensor<2xf32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @condition(%c: tensor<3xf32>, %x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{the condition must be boolean (i1), got f32}}
  %0 = arhat.select(%c, %x, %y) : (tensor<3xf32>, tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @choices(%c: tensor<3xi1>, %x: tensor<2x3xf32>, %y: tensor<3xi32>) {
  // expected-error@+1 {{operands must have one element type, got f32 and i32}}
  %0 = arhat.select(%c, %x, %y) : (tensor<3xi1>, tensor<2x3xf32>, tensor<3xi32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @select_shapes(%c: tensor<4xi1>, %x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{shapes [4] and [2, 3] do not broadcast}}
  %0 = arhat.select(%c, %x, %y) : (tensor<4xi1>, tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @integers_are_numbers(%x: tensor<4xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.is_nan(%x) : (tensor<4xi32>) -> tensor<4xi1>
  func.return
}

// -----

func.func @which_infinity(%x: tensor<4xf32>) {
  // expected-error@+1 {{property 'detect_negative' expected in operation 'arhat.is_inf'}}
  %0 = arhat.is_inf(%x) {detect_positive = true} : (tensor<4xf32>) -> tensor<4xi1>
  func.return
}
