// RUN: not arhat-opt %s -p check-memory-plan 2>&1 | filecheck %s

// In the order of the text the second softmax would come after the last use of the first product; but nothing keeps it
// from running while that is read on the other stream.
// CHECK: error: memory plan: cudnn.softmax (layer 'right') writes its result over that of cudnn.softmax (layer 'left'), which is still needed
func.func @main(%x: tensor<1x512xf32>) -> tensor<1x512xf32> attributes {kernel.arena_bytes = 6912 : i64} {
  %0 = cudnn.softmax(%x) {axis = 1, cudnn.stream = 0 : i64, kernel.buffers = [#kernel.buffer<arena, 0>], arhat.layers = [#arhat.layer<"left", 1>]} : (tensor<1x512xf32>) -> tensor<1x512xf32>
  %1 = cudnn.softmax(%0) {axis = 1, cudnn.stream = 0 : i64, kernel.buffers = [#kernel.buffer<arena, 2304>]} : (tensor<1x512xf32>) -> tensor<1x512xf32>
  %2 = cudnn.softmax(%x) {axis = 1, cudnn.stream = 1 : i64, kernel.buffers = [#kernel.buffer<arena, 0>], arhat.layers = [#arhat.layer<"right", 2>]} : (tensor<1x512xf32>) -> tensor<1x512xf32>
  %3 = kernel.elementwise(%1, %2) attributes {cudnn.stream = 0 : i64, cudnn.waits = [2 : i64], kernel.buffers = [#kernel.buffer<output 0, 0>]} {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    kernel.yield %c : f32
  } : (tensor<1x512xf32>, tensor<1x512xf32>) -> tensor<1x512xf32>
  func.return %3 : tensor<1x512xf32>
}
