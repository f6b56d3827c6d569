// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @mvn(
// CHECK-NEXT: %0 = arhat.mvn(%x) {axes = [2, 3], normalize_variance = true, eps = 1.0e-05, eps_mode = "inside_sqrt"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
func.func @mvn(%x: tensor<1x8x7x7xf32>) {
  %0 = arhat.mvn(%x) {axes = [2, 3], normalize_variance = true, eps = 1.0e-05, eps_mode = "inside_sqrt"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  func.return
}

// CHECK-LABEL: func.func @mvn_without_variance(
// CHECK-NEXT: %0 = arhat.mvn(%x) {axes = [2, 3], normalize_variance = false, eps = 1.0e-05, eps_mode = "outside_sqrt"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
func.func @mvn_without_variance(%x: tensor<1x8x7x7xf32>) {
  %0 = arhat.mvn(%x) {axes = [2, 3], normalize_variance = false, eps = 1.0e-05, eps_mode = "outside_sqrt"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  func.return
}

// CHECK-LABEL: func.func @lrn(
// CHECK-NEXT: %0 = arhat.lrn(%x) {axes = [1], alpha = 0.0001, beta = 0.75, bias = 1.0, size = 5} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
func.func @lrn(%x: tensor<1x8x7x7xf32>) {
  %0 = arhat.lrn(%x) {axes = [1], alpha = 0.0001, beta = 0.75, bias = 1.0, size = 5} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  func.return
}
