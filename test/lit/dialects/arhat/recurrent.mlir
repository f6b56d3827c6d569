// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK: %y, %h, %c = arhat.lstm_sequence(%x, %h0, %c0, %w, %r, %b) {direction = "forward", activations = ["sigmoid", "tanh", "tanh"], alpha = [0.0, 0.0, 0.0], beta = [0.0, 0.0, 0.0], clip = 0.0}
func.func @lstm(%x: tensor<1x7x3xf32>, %h0: tensor<1x1x4xf32>, %c0: tensor<1x1x4xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %b: tensor<1x16xf32>) -> tensor<1x1x7x4xf32> {
  %y, %h, %c = arhat.lstm_sequence(%x, %h0, %c0, %w, %r, %b) {direction = "forward", activations = ["sigmoid", "tanh", "tanh"], alpha = [0.0, 0.0, 0.0], beta = [0.0, 0.0, 0.0], clip = 0.0} : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x16xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>)
  func.return %y : tensor<1x1x7x4xf32>
}

// CHECK: arhat.gru_sequence(%{{.*}}, recurrent_bias = %{{.*}}, lengths = %{{.*}}) {direction = "bidirectional", activations = ["hard_sigmoid", "relu"], alpha = [0.2, 0.0], beta = [0.5, 0.0], clip = 3.0, linear_before_reset = true}
func.func @gru(%x: tensor<2x7x3xf32>, %h0: tensor<2x2x4xf32>, %w: tensor<2x12x3xf32>, %r: tensor<2x12x4xf32>, %b: tensor<2x12xf32>, %rb: tensor<2x4xf32>, %l: tensor<2xi32>) -> tensor<2x2x4xf32> {
  %y, %h = arhat.gru_sequence(%x, %h0, %w, %r, %b, recurrent_bias = %rb, lengths = %l) {direction = "bidirectional", activations = ["hard_sigmoid", "relu"], alpha = [0.2, 0.0], beta = [0.5, 0.0], clip = 3.0, linear_before_reset = true} : (tensor<2x7x3xf32>, tensor<2x2x4xf32>, tensor<2x12x3xf32>, tensor<2x12x4xf32>, tensor<2x12xf32>, tensor<2x4xf32>, tensor<2xi32>) -> (tensor<2x2x7x4xf32>, tensor<2x2x4xf32>)
  func.return %h : tensor<2x2x4xf32>
}

// CHECK: arhat.rnn_sequence(%{{.*}}, lengths = %{{.*}}) {direction = "reverse", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0}
func.func @rnn(%x: tensor<2x7x3xf32>, %h0: tensor<2x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>, %l: tensor<2xi64>) -> tensor<2x1x4xf32> {
  %y, %h = arhat.rnn_sequence(%x, %h0, %w, %r, %b, lengths = %l) {direction = "reverse", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<2x7x3xf32>, tensor<2x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>, tensor<2xi64>) -> (tensor<2x1x7x4xf32>, tensor<2x1x4xf32>)
  func.return %h : tensor<2x1x4xf32>
}
