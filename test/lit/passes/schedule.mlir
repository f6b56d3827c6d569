// RUN: arhat-opt %s -p schedule,plan-memory,check-memory-plan | filecheck %s
// RUN: arhat-opt %s -p 'schedule{streams=1},plan-memory,check-memory-plan' | filecheck %s --check-prefix=ROW

// Two products of the same row run at once, and so do what follows each; only where they meet one waits. What they make
// does not share memory, which it does where all run in a row.
// CHECK-LABEL: func.func @main
// CHECK-SAME: kernel.arena_bytes = 9216
// CHECK: [[A:%.*]] = cudnn.cublaslt_matmul(%x, %v) {{.*}}cudnn.stream = 0, kernel.buffers = [#kernel.buffer<arena, 0>]
// CHECK: [[B:%.*]] = cudnn.cublaslt_matmul(%x, %w) {{.*}}cudnn.stream = 1, kernel.buffers = [#kernel.buffer<arena, 2304>]
// CHECK: [[C:%.*]] = cudnn.softmax([[A]]) {{.*}}cudnn.stream = 0, kernel.buffers = [#kernel.buffer<arena, 4608>]
// CHECK: [[D:%.*]] = cudnn.softmax([[B]]) {{.*}}cudnn.stream = 1, kernel.buffers = [#kernel.buffer<arena, 6912>]
// CHECK: kernel.elementwise([[C]], [[D]]) attributes {cudnn.stream = 0 : i64, cudnn.waits = [3 : i64]

// ROW-NOT: cudnn.stream
// ROW: kernel.arena_bytes = 6912
// ROW-NOT: cudnn.stream
func.func @main(%x: tensor<1x2048xf32>, %v: tensor<2048x512xf32>, %w: tensor<2048x512xf32>) -> tensor<1x512xf32> attributes {cudnn.math = "strict"} {
  %0 = cudnn.cublaslt_matmul(%x, %v) {transpose_a = false, transpose_b = false, math = "strict"} : (tensor<1x2048xf32>, tensor<2048x512xf32>) -> tensor<1x512xf32>
  %1 = cudnn.cublaslt_matmul(%x, %w) {transpose_a = false, transpose_b = false, math = "strict"} : (tensor<1x2048xf32>, tensor<2048x512xf32>) -> tensor<1x512xf32>
  %2 = cudnn.softmax(%0) {axis = 1} : (tensor<1x512xf32>) -> tensor<1x512xf32>
  %3 = cudnn.softmax(%1) {axis = 1} : (tensor<1x512xf32>) -> tensor<1x512xf32>
  %4 = kernel.elementwise(%2, %3) {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    kernel.yield %c : f32
  } : (tensor<1x512xf32>, tensor<1x512xf32>) -> tensor<1x512xf32>
  func.return %4 : tensor<1x512xf32>
}
