// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @reduce_mean(
// CHECK-NEXT: %0 = arhat.reduce_mean(%x) {axes = [2, 3], keep_dims = true} : (tensor<1x8x7x7xf32>) -> tensor<1x8x1x1xf32>
func.func @reduce_mean(%x: tensor<1x8x7x7xf32>) {
  %0 = arhat.reduce_mean(%x) {axes = [2, 3], keep_dims = true} : (tensor<1x8x7x7xf32>) -> tensor<1x8x1x1xf32>
  func.return
}

// CHECK-LABEL: func.func @reduce_sum(
// CHECK-NEXT: %0 = arhat.reduce_sum(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x8x7x7xf32>) -> tensor<1x8xf32>
func.func @reduce_sum(%x: tensor<1x8x7x7xf32>) {
  %0 = arhat.reduce_sum(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x8x7x7xf32>) -> tensor<1x8xf32>
  func.return
}

// CHECK-LABEL: func.func @reduce_prod(
// CHECK-NEXT: %0 = arhat.reduce_prod(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x8x7x7xf32>) -> tensor<1x8xf32>
func.func @reduce_prod(%x: tensor<1x8x7x7xf32>) {
  %0 = arhat.reduce_prod(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x8x7x7xf32>) -> tensor<1x8xf32>
  func.return
}

// CHECK-LABEL: func.func @reduce_max(
// CHECK-NEXT: %0 = arhat.reduce_max(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x8x7x7xf32>) -> tensor<1x8xf32>
func.func @reduce_max(%x: tensor<1x8x7x7xf32>) {
  %0 = arhat.reduce_max(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x8x7x7xf32>) -> tensor<1x8xf32>
  func.return
}

// CHECK-LABEL: func.func @reduce_min(
// CHECK-NEXT: %0 = arhat.reduce_min(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x8x7x7xf32>) -> tensor<1x8xf32>
func.func @reduce_min(%x: tensor<1x8x7x7xf32>) {
  %0 = arhat.reduce_min(%x) {axes = [2, 3], keep_dims = false} : (tensor<1x8x7x7xf32>) -> tensor<1x8xf32>
  func.return
}

// CHECK-LABEL: func.func @reduce_logical_and(
// CHECK-NEXT: %0 = arhat.reduce_logical_and(%x) {axes = [1], keep_dims = false} : (tensor<2x3xi1>) -> tensor<2xi1>
func.func @reduce_logical_and(%x: tensor<2x3xi1>) {
  %0 = arhat.reduce_logical_and(%x) {axes = [1], keep_dims = false} : (tensor<2x3xi1>) -> tensor<2xi1>
  func.return
}

// CHECK-LABEL: func.func @reduce_logical_or(
// CHECK-NEXT: %0 = arhat.reduce_logical_or(%x) {axes = [0, 1], keep_dims = true} : (tensor<2x3xi1>) -> tensor<1x1xi1>
func.func @reduce_logical_or(%x: tensor<2x3xi1>) {
  %0 = arhat.reduce_logical_or(%x) {axes = [0, 1], keep_dims = true} : (tensor<2x3xi1>) -> tensor<1x1xi1>
  func.return
}

// CHECK-LABEL: func.func @cum_sum(
// CHECK-NEXT: %0 = arhat.cum_sum(%x) {axis = 1, exclusive = false, reverse = true} : (tensor<2x3xi64>) -> tensor<2x3xi64>
func.func @cum_sum(%x: tensor<2x3xi64>) {
  %0 = arhat.cum_sum(%x) {axis = 1, exclusive = false, reverse = true} : (tensor<2x3xi64>) -> tensor<2x3xi64>
  func.return
}
