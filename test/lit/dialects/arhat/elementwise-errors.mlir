// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @broadcast(%x: tensor<2x3xf32>, %y: tensor<4xf32>) {
  // expected-error@+1 {{shapes [2, 3] and [4] do not broadcast}}
  %0 = arhat.add(%x, %y) : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// -----

func.func @elements(%x: tensor<2x3x4xf32>, %y: tensor<4xi32>) {
  // expected-error@+1 {{operands must have one element type, got f32 and i32}}
  %0 = arhat.add(%x, %y) : (tensor<2x3x4xf32>, tensor<4xi32>) -> tensor<2x3x4xf32>
  func.return
}

// -----

func.func @result(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  // expected-error@+1 {{result type must be tensor<2x3x4xf32> by the shape rule, got tensor<2x3xf32>}}
  %0 = arhat.add(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @not_a_tensor(%x: tensor<2x3x4xf32>, %y: f32) {
  // expected-error@+1 {{operand 'b' at position 1 does not verify:}}
  %0 = arhat.add(%x, %y) : (tensor<2x3x4xf32>, f32) -> tensor<2x3x4xf32>
  func.return
}

// -----

func.func @python_div_missing(%x: tensor<2x3xi64>, %y: tensor<i64>) {
  // expected-error@+1 {{property 'python_div' expected in operation 'arhat.divide'}}
  %0 = arhat.divide(%x, %y) : (tensor<2x3xi64>, tensor<i64>) -> tensor<2x3xi64>
  func.return
}

// -----

func.func @float_only(%x: tensor<2x3xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.sigmoid(%x) : (tensor<2x3xi32>) -> tensor<2x3xi32>
  func.return
}

// -----

func.func @same_type(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{result type must be tensor<2x3xf32> by the shape rule, got tensor<3x2xf32>}}
  %0 = arhat.sigmoid(%x) : (tensor<2x3xf32>) -> tensor<3x2xf32>
  func.return
}

// -----

func.func @clamp_order(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{clamp minimum 7.0 is above its maximum 0.3333333333333333}}
  %0 = arhat.clamp(%x) {min = 7.0, max = 0.3333333333333333} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @approximate(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{'approximate': expected one of erf, tanh, got "sin"}}
  %0 = arhat.gelu(%x) {approximate = "sin"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @prelu_slope(%x: tensor<1x8x4x4xf32>, %y: tensor<4xf32>) {
  // expected-error@+1 {{shapes [1, 8, 4, 4] and [4, 1, 1] do not broadcast}}
  %0 = arhat.prelu(%x, %y) : (tensor<1x8x4x4xf32>, tensor<4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @prelu_grows(%x: tensor<1x8x4x4xf32>, %y: tensor<3x8x4x4xf32>) {
  // expected-error@+1 {{slope tensor<3x8x4x4xf32> does not fit the input tensor<1x8x4x4xf32>}}
  %0 = arhat.prelu(%x, %y) : (tensor<1x8x4x4xf32>, tensor<3x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @round_mode(%x: tensor<4xf32>) {
  // expected-error@+1 {{'mode': expected one of half_to_even, half_away_from_zero, got "up"}}
  %0 = arhat.round(%x) {mode = "up"} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @sine_of_integers(%x: tensor<4xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.sin(%x) : (tensor<4xi32>) -> tensor<4xi32>
  func.return
}
