// The memory of state is checked: no two variables in one place, one place for each, read before written.
//
// RUN: not arhat-opt %s -p check-memory-plan 2>&1 | filecheck %s
// CHECK: error: memory plan: the variable of kernel.assign (layer 'second') lies on another one
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> attributes {kernel.arena_bytes = 0 : i64, kernel.state_bytes = 64 : i64} {
  %0 = kernel.read_value(%x) {variable = "a", kernel.buffers = [#kernel.buffer<output 0, 0>], kernel.state = #kernel.buffer<state, 0>} : (tensor<4xf32>) -> tensor<4xf32>
  kernel.assign(%x) {variable = "b", kernel.state = #kernel.buffer<state, 0>, arhat.layers = [#arhat.layer<"second", 2>]} : (tensor<4xf32>) -> ()
  func.return %0 : tensor<4xf32>
}
