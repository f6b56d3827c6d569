// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @indices
// CHECK: {{%.*}}, {{%.*}} = arhat.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 2, index_type = "i32"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi32>)
func.func @indices(%x: tensor<1x8x6x6xf32>) -> tensor<1x8x3x3xi32> {
  %y, %i = arhat.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 2, index_type = "i32"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi32>)
  func.return %i : tensor<1x8x3x3xi32>
}

// CHECK-LABEL: func.func @adaptive
// CHECK: arhat.adaptive_avg_pool(%x) {sizes = [3, 2]} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x2xf32>
// CHECK: arhat.adaptive_max_pool({{%.*}}) {sizes = [2, 1], index_type = "i64"} : (tensor<1x8x3x2xf32>) -> (tensor<1x8x2x1xf32>, tensor<1x8x2x1xi64>)
func.func @adaptive(%x: tensor<1x8x7x7xf32>) -> tensor<1x8x2x1xi64> {
  %a = arhat.adaptive_avg_pool(%x) {sizes = [3, 2]} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x2xf32>
  %y, %i = arhat.adaptive_max_pool(%a) {sizes = [2, 1], index_type = "i64"} : (tensor<1x8x3x2xf32>) -> (tensor<1x8x2x1xf32>, tensor<1x8x2x1xi64>)
  func.return %i : tensor<1x8x2x1xi64>
}
