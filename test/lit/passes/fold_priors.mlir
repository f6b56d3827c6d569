// RUN: arhat-opt %s -p fold-priors --split-input-file | filecheck %s

// Boxes of two feature maps, joined: one constant. The slice is not of the kinds that are folded here, nor is what
// reads a constant of another origin.
// CHECK-LABEL: func.func @main
// CHECK-NOT: prior_box
// CHECK: %[[P:.*]] = arhat.constant() {{.*}} : () -> tensor<1x2x12xf32>
// CHECK-NOT: arhat.concat
// CHECK: arhat.slice(%[[P]])
// CHECK: arhat.reshape
func.func @main() -> (tensor<1x1x12xf32>, tensor<4xf32>) {
  %0 = arhat.prior_box_clustered() {feature = [1, 2], image = [8, 16], width = [8.0], height = [8.0], variance = [0.5], step_w = 8.0, step_h = 8.0, offset = 0.5, clip = false} : () -> tensor<2x8xf32>
  %1 = arhat.prior_box_clustered() {feature = [1, 1], image = [8, 16], width = [8.0], height = [8.0], variance = [0.5], step_w = 8.0, step_h = 8.0, offset = 0.5, clip = false} : () -> tensor<2x4xf32>
  %2 = arhat.concat(%0, %1) {axis = 1} : (tensor<2x8xf32>, tensor<2x4xf32>) -> tensor<2x12xf32>
  %3 = arhat.reshape(%2) {shape = [1, 2, 12]} : (tensor<2x12xf32>) -> tensor<1x2x12xf32>
  %4 = arhat.slice(%3) {starts = [0, 0, 0], sizes = [1, 1, 12], steps = [1, 1, 1]} : (tensor<1x2x12xf32>) -> tensor<1x1x12xf32>
  %c = arhat.constant() {value = dense<1.0> : tensor<2x2xf32>} : () -> tensor<2x2xf32>
  %5 = arhat.reshape(%c) {shape = [4]} : (tensor<2x2xf32>) -> tensor<4xf32>
  func.return %4, %5 : tensor<1x1x12xf32>, tensor<4xf32>
}

// -----

// The boxes themselves are read as well: both constants stay.
// CHECK-LABEL: func.func @main
// CHECK: arhat.constant() {{.*}} : () -> tensor<2x4xf32>
// CHECK: arhat.constant() {{.*}} : () -> tensor<1x2x4xf32>
// CHECK-NEXT: func.return
func.func @main() -> (tensor<2x4xf32>, tensor<1x2x4xf32>) {
  %0 = arhat.prior_box() {feature = [1, 1], image = [8, 8], min_size = [4.0], max_size = [], aspect_ratio = [], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1], flip = false, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 8.0, offset = 0.5} : () -> tensor<2x4xf32>
  %1 = arhat.reshape(%0) {shape = [1, 2, 4]} : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
  func.return %0, %1 : tensor<2x4xf32>, tensor<1x2x4xf32>
}
