// RUN: arhat-opt %s --split-input-file -p convert-arhat-to-cudnn | filecheck %s

// A bias for each column and a ReLU are part of the call. 16-bit floats always use tensor cores, f32 only where the
// function says so.
// CHECK-LABEL: func.func @main
// CHECK: cudnn.cublaslt_matmul(%a, %b, bias = %c) {transpose_a = false, transpose_b = true, activation = "relu", math = "strict"} : (tensor<3x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<3x5xf32>
// CHECK: cudnn.cublaslt_matmul(%d, %e) {transpose_a = false, transpose_b = false, math = "any"} : (tensor<3x4xf16>, tensor<4x5xf16>) -> tensor<3x5xf16>
func.func @main(%a: tensor<3x4xf32>, %b: tensor<5x4xf32>, %c: tensor<5xf32>, %d: tensor<3x4xf16>, %e: tensor<4x5xf16>) -> (tensor<3x5xf32>, tensor<3x5xf16>) {
  %0 = arhat.matmul(%a, %b, bias = %c) {transpose_a = false, transpose_b = true, activation = #arhat.activation<relu>} : (tensor<3x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<3x5xf32>
  %1 = arhat.matmul(%d, %e) {transpose_a = false, transpose_b = false} : (tensor<3x4xf16>, tensor<4x5xf16>) -> tensor<3x5xf16>
  func.return %0, %1 : tensor<3x5xf32>, tensor<3x5xf16>
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: cudnn.cublaslt_matmul(%a, %b) {transpose_a = false, transpose_b = false, math = "tf32"}
func.func @main(%a: tensor<3x4xf32>, %b: tensor<4x5xf32>) -> tensor<3x5xf32> attributes {cudnn.math = "tf32"} {
  %0 = arhat.matmul(%a, %b) {transpose_a = false, transpose_b = false} : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>
  func.return %0 : tensor<3x5xf32>
}

// -----

// Any other bias or activation is a node, and the product is not rounded before it.
// CHECK-LABEL: func.func @main
// CHECK: [[Y:%.*]] = cudnn.cublaslt_matmul(%a, %b) {{.*}} : (tensor<3x4xf16>, tensor<4x5xf16>) -> tensor<3x5xf32>
// CHECK: [[S:%.*]] = cudnn.pointwise([[Y]], b = %c) {mode = "add"} : (tensor<3x5xf32>, tensor<3x1xf16>) -> tensor<3x5xf32>
// CHECK: cudnn.pointwise([[S]]) {mode = "sigmoid_fwd"} : (tensor<3x5xf32>) -> tensor<3x5xf16>
func.func @main(%a: tensor<3x4xf16>, %b: tensor<4x5xf16>, %c: tensor<3x1xf16>) -> tensor<3x5xf16> {
  %0 = arhat.matmul(%a, %b, bias = %c) {transpose_a = false, transpose_b = false, activation = #arhat.activation<sigmoid>} : (tensor<3x4xf16>, tensor<4x5xf16>, tensor<3x1xf16>) -> tensor<3x5xf16>
  func.return %0 : tensor<3x5xf16>
}

// -----

// Softmax and LRN are calls; an LRN over more channels than cuDNN takes is a kernel.
// CHECK-LABEL: func.func @main
// CHECK: cudnn.softmax(%x) {axis = 1}
// CHECK: cudnn.lrn(%x) {size = 5, alpha = 0.0001, beta = 0.75, bias = 1.0}
// CHECK: kernel.lrn(%x)
func.func @main(%x: tensor<1x32x4x4xf32>) -> (tensor<1x32x4x4xf32>, tensor<1x32x4x4xf32>, tensor<1x32x4x4xf32>) {
  %a = arhat.softmax(%x) {axis = 1} : (tensor<1x32x4x4xf32>) -> tensor<1x32x4x4xf32>
  %b = arhat.lrn(%x) {axes = [1], alpha = 0.0001, beta = 0.75, bias = 1.0, size = 5} : (tensor<1x32x4x4xf32>) -> tensor<1x32x4x4xf32>
  %c = arhat.lrn(%x) {axes = [1], alpha = 0.0001, beta = 0.75, bias = 1.0, size = 17} : (tensor<1x32x4x4xf32>) -> tensor<1x32x4x4xf32>
  func.return %a, %b, %c : tensor<1x32x4x4xf32>, tensor<1x32x4x4xf32>, tensor<1x32x4x4xf32>
}

// -----

// An element-wise region computes 16-bit floats in f32 and rounds once. Kernels that compute do so between
// conversions, those that move elements take 16 bits. A conversion next to an element-wise kernel is one as well, so
// that they can become one.
// CHECK-LABEL: func.func @main
// CHECK: [[M:%.*]] = kernel.transpose(%x) {perm = [1, 0]} : (tensor<2x3xf16>) -> tensor<3x2xf16>
// CHECK: [[WIDE:%.*]] = kernel.convert([[M]]) : (tensor<3x2xf16>) -> tensor<3x2xf32>
// CHECK: [[SUM:%.*]] = kernel.reduce([[WIDE]])
// CHECK: [[LOW:%.*]] = kernel.elementwise([[SUM]])
// CHECK: arith.truncf
// CHECK: kernel.elementwise([[LOW]])
// CHECK: [[IN:%.*]] = arith.extf {{.*}} : f16 to f32
// CHECK: [[EXP:%.*]] = math.exp [[IN]] : f32
// CHECK: [[OUT:%.*]] = arith.truncf [[EXP]] : f32 to f16
// CHECK: kernel.yield [[OUT]] : f16
func.func @main(%x: tensor<2x3xf16>) -> tensor<3xf16> {
  %0 = arhat.transpose(%x) {perm = [1, 0]} : (tensor<2x3xf16>) -> tensor<3x2xf16>
  %1 = arhat.reduce_sum(%0) {axes = [1], keep_dims = false} : (tensor<3x2xf16>) -> tensor<3xf16>
  %2 = arhat.exp(%1) : (tensor<3xf16>) -> tensor<3xf16>
  func.return %2 : tensor<3xf16>
}

// -----

// A recurrence is one product for all steps, and a product and kernels for each.
// CHECK-LABEL: func.func @main
// CHECK: cudnn.cublaslt_matmul({{%.*}}, {{%.*}}, bias = {{%.*}}) {{.*}} : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: kernel.slice({{%.*}}) {starts = [0, 0, 0, 0], sizes = [1, 1, 1, 4], steps = [1, 1, 1, 1]}
// CHECK: cudnn.cublaslt_matmul({{.*}} : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
// CHECK: kernel.elementwise
// CHECK: kernel.slice({{%.*}}) {starts = [0, 1, 0, 0], sizes = [1, 1, 1, 4], steps = [1, 1, 1, 1]}
// CHECK: cudnn.cublaslt_matmul({{.*}} : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
// CHECK: kernel.elementwise
// CHECK: kernel.concat({{%.*}}, {{%.*}}) {axis = 2} : (tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>) -> tensor<1x1x2x4xf32>
func.func @main(%x: tensor<1x2x3xf32>, %h: tensor<1x1x4xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>, %b: tensor<1x4xf32>) -> tensor<1x1x2x4xf32> {
  %y, %s = arhat.rnn_sequence(%x, %h, %w, %r, %b) {direction = "forward", activations = ["tanh"], alpha = [0.0], beta = [0.0], clip = 0.0} : (tensor<1x2x3xf32>, tensor<1x1x4xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<1x1x2x4xf32>, tensor<1x1x4xf32>)
  func.return %y : tensor<1x1x2x4xf32>
}
