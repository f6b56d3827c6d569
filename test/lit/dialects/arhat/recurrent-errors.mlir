// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @rank(%x: tensor<7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{the input must be [batch, steps, inputs], got shape [7, 3]}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @state(%x: tensor<1x7x3xf32>, %h0: tensor<1x2x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{an initial state must have shape [1, 1, 4], got [1, 2, 4]}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x2x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @directions(%x: tensor<1x7x3xf32>, %h0: tensor<1x2x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{the weights must have shape [2, 4, 3], got [1, 4, 3]}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "bidirectional", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x2x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @weights(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x5xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{the weights must have shape [1, 4, 3], got [1, 4, 5]}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x5xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @recurrent(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{recurrent weights must be [directions, gates * hidden, hidden], got tensor<4x4xf32>}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @recurrent_gates(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x8x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{the recurrent weights must have shape [1, 4, 4], got [1, 8, 4]}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x8x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @bias(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x8xf32>) {
  // expected-error@+1 {{the bias must have shape [1, 4], got [1, 8]}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x8xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @elements(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf64>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{operands must have one element type, got f32 and f64}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf64>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @lengths(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>, %l: tensor<2xi32>) {
  // expected-error@+1 {{the lengths must be 1 integers, got tensor<2xi32>}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b, lengths = %l) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>, tensor<2xi32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @function(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{'activations' must be of sigmoid, tanh, relu, hard_sigmoid, got 'exp'}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["exp"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @functions(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{'activations' must name 1 functions, got 2}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh", "tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @alpha(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{'alpha' must have 1 values, got 0}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @direction(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{'direction': expected one of forward, reverse, bidirectional}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "sideways", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @result(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error@+1 {{result type must be tensor<1x1x7x4xf32> by the shape rule, got tensor<1x1x7x5xf32>}}
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x7x5xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

func.func @recurrent_bias(%x: tensor<2x7x3xf32>, %h0: tensor<2x1x4xf32>, %w: tensor<1x12x3xf32>, %r: tensor<1x12x4xf32>, %b: tensor<1x12xf32>) {
  // expected-error@+1 {{a recurrent bias is there exactly with 'linear_before_reset'}}
  %y, %h = arhat.gru_sequence(%x, %h0, %w, %r, %b) {direction = "forward", activations = ["sigmoid", "tanh"], alpha = [0.0, 0.0], beta = [0.0, 0.0], clip = 0.0, linear_before_reset = true} : (tensor<2x7x3xf32>, tensor<2x1x4xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>, tensor<1x12xf32>) -> (tensor<2x1x7x4xf32>, tensor<2x1x4xf32>)
  func.return
}
