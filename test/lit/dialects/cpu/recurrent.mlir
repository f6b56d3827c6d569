// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK: cpu.gru(%g, %r, %h0) {direction = "reverse", activations = ["sigmoid", "tanh"], alpha = [0.0, 0.0], beta = [0.0, 0.0], clip = 0.0, linear_before_reset = false}
func.func @gru(%g: tensor<2x7x1x12xf32>, %r: tensor<1x12x4xf32>, %h0: tensor<2x1x4xf32>) -> tensor<2x1x7x4xf32> {
  %y, %h = cpu.gru(%g, %r, %h0) {direction = "reverse", activations = ["sigmoid", "tanh"], alpha = [0.0, 0.0], beta = [0.0, 0.0], clip = 0.0, linear_before_reset = false} : (tensor<2x7x1x12xf32>, tensor<1x12x4xf32>, tensor<2x1x4xf32>) -> (tensor<2x1x7x4xf32>, tensor<2x1x4xf32>)
  func.return %y : tensor<2x1x7x4xf32>
}

// CHECK: cpu.rnn(%g, %r, %h0, lengths = %l) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0, algorithm = "packed"}
func.func @rnn(%g: tensor<2x7x1x4xf32>, %r: tensor<1x1x4x32xf32>, %h0: tensor<2x1x4xf32>, %l: tensor<2xi32>) -> tensor<2x1x7x4xf32> {
  %y, %h = cpu.rnn(%g, %r, %h0, lengths = %l) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0, algorithm = "packed"} : (tensor<2x7x1x4xf32>, tensor<1x1x4x32xf32>, tensor<2x1x4xf32>, tensor<2xi32>) -> (tensor<2x1x7x4xf32>, tensor<2x1x4xf32>)
  func.return %y : tensor<2x1x7x4xf32>
}

// CHECK: kernel.read_value(%x) {variable = "v", kernel.state = #kernel.buffer<state, 64>} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: kernel.assign(%{{.*}}) {variable = "v"} : (tensor<4xf32>) -> ()
func.func @state(%x: tensor<4xf32>) {
  %0 = kernel.read_value(%x) {variable = "v", kernel.state = #kernel.buffer<state, 64>} : (tensor<4xf32>) -> tensor<4xf32>
  kernel.assign(%0) {variable = "v"} : (tensor<4xf32>) -> ()
  func.return
}
