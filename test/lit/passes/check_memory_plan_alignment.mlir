// RUN: not arhat-opt %s -p check-memory-plan 2>&1 | filecheck %s

// CHECK: error: memory plan: cudnn.softmax (layer 'scores') needs the result of kernel.convert (layer 'half') at a multiple of 16 bytes
func.func @main(%x: tensor<1x10xf32>) -> tensor<1x10xf16> attributes {kernel.arena_bytes = 256 : i64} {
  %0 = kernel.convert(%x) {kernel.buffers = [#kernel.buffer<arena, 8>], arhat.layers = [#arhat.layer<"half", 1>]} : (tensor<1x10xf32>) -> tensor<1x10xf16>
  %1 = cudnn.softmax(%0) {axis = 1, kernel.buffers = [#kernel.buffer<output 0, 0>], arhat.layers = [#arhat.layer<"scores", 2>]} : (tensor<1x10xf16>) -> tensor<1x10xf16>
  func.return %1 : tensor<1x10xf16>
}
