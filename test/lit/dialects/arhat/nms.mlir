// RUN: arhat-opt %s | arhat-opt | filecheck %s

// Room for all boxes that there may be, and a count.
// CHECK: arhat.non_max_suppression(%b, %s) {max_output_boxes = 2, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "i64"} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>)
// CHECK: arhat.non_zero(%s) {index_type = "i32"} : (tensor<1x2x9xf32>) -> (tensor<3x18xi32>, tensor<1xi32>)
func.func @main(%b: tensor<1x9x4xf32>, %s: tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>, tensor<3x18xi32>, tensor<1xi32>) {
  %i, %v, %n = arhat.non_max_suppression(%b, %s) {max_output_boxes = 2, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "i64"} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>)
  %p, %m = arhat.non_zero(%s) {index_type = "i32"} : (tensor<1x2x9xf32>) -> (tensor<3x18xi32>, tensor<1xi32>)
  func.return %i, %v, %n, %p, %m : tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>, tensor<3x18xi32>, tensor<1xi32>
}

// CHECK-LABEL: func.func @classes
// CHECK: arhat.multiclass_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 5, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", iou_threshold = 0.5, nms_eta = 1.0} : (tensor<2x9x4xf32>, tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>)
// CHECK: arhat.matrix_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 5, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", decay_function = "linear", gaussian_sigma = 2.0, post_threshold = 0.0} : (tensor<2x9x4xf32>, tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>)
func.func @classes(%x: tensor<2x9x4xf32>, %s: tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>, tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>) {
  %a, %b, %c = arhat.multiclass_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 5, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", iou_threshold = 0.5, nms_eta = 1.0} : (tensor<2x9x4xf32>, tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>)
  %d, %e, %f = arhat.matrix_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 5, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", decay_function = "linear", gaussian_sigma = 2.0, post_threshold = 0.0} : (tensor<2x9x4xf32>, tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>)
  func.return %a, %b, %c, %d, %e, %f : tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>, tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>
}
