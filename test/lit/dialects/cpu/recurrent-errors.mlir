// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @gates(%g: tensor<2x7x1x12xf32>, %r: tensor<1x4x4xf32>, %h0: tensor<2x1x4xf32>) {
  // expected-error@+1 {{do not belong to gates}}
  %y, %h = cpu.rnn(%g, %r, %h0) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<2x7x1x12xf32>, tensor<1x4x4xf32>, tensor<2x1x4xf32>) -> (tensor<2x1x7x4xf32>, tensor<2x1x4xf32>)
  func.return
}

// -----

func.func @packed(%g: tensor<2x7x1x4xf32>, %r: tensor<1x4x4xf32>, %h0: tensor<2x1x4xf32>) {
  // expected-error@+1 {{the recurrent weights should be (1, 1, 4, 32), not (1, 4, 4)}}
  %y, %h = cpu.rnn(%g, %r, %h0) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0, algorithm = "packed"} : (tensor<2x7x1x4xf32>, tensor<1x4x4xf32>, tensor<2x1x4xf32>) -> (tensor<2x1x7x4xf32>, tensor<2x1x4xf32>)
  func.return
}

// -----

func.func @state(%x: tensor<4xf32>) {
  // expected-error@+1 {{the result has the type of the initial value}}
  %0 = kernel.read_value(%x) {variable = "v"} : (tensor<4xf32>) -> tensor<5xf32>
  func.return
}
