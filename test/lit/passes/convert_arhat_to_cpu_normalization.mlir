// RUN: arhat-opt %s -p convert-arhat-to-cpu | filecheck %s

// Normalisation and running sums are kernels of the library; comparisons and choices are regions on several types.
// CHECK-LABEL: func.func @main
// CHECK: [[M:%.*]] = kernel.mvn(%x) {axes = [2, 3], normalize_variance = true, eps = 0.5, eps_mode = "outside_sqrt"}
// CHECK: [[L:%.*]] = kernel.lrn([[M]]) {axes = [1], alpha = 0.25, beta = 0.75, bias = 1.0, size = 5}
// CHECK: [[C:%.*]] = kernel.cum_sum([[L]]) {axis = 1, exclusive = true, reverse = false}
// CHECK: [[B:%.*]] = kernel.elementwise([[C]], %x)
// CHECK: arith.cmpf ogt, {{.*}} : f32
// CHECK: (tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xi1>
// CHECK: [[S:%.*]] = kernel.elementwise([[B]], [[C]], %x)
// CHECK: arith.select {{.*}} : f32
// CHECK: kernel.reduce([[B]]) {kind = "logical_or", axes = [0, 1, 2, 3], keep_dims = false}
// CHECK-NOT: arhat.select
func.func @main(%x: tensor<1x4x2x2xf32>) -> (tensor<1x4x2x2xf32>, tensor<i1>) {
  %0 = arhat.mvn(%x) {axes = [2, 3], normalize_variance = true, eps = 0.5, eps_mode = "outside_sqrt"} : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %1 = arhat.lrn(%0) {axes = [1], alpha = 0.25, beta = 0.75, bias = 1.0, size = 5} : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %2 = arhat.cum_sum(%1) {axis = 1, exclusive = true, reverse = false} : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %3 = arhat.greater(%2, %x) : (tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xi1>
  %4 = arhat.select(%3, %2, %x) : (tensor<1x4x2x2xi1>, tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %5 = arhat.reduce_logical_or(%3) {axes = [0, 1, 2, 3], keep_dims = false} : (tensor<1x4x2x2xi1>) -> tensor<i1>
  func.return %4, %5 : tensor<1x4x2x2xf32>, tensor<i1>
}
