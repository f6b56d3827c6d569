// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @rows(%x: tensor<2x9x4xf32>, %s: tensor<2x3x9xf32>) -> tensor<15x6xf32> {
  // expected-error@below {{result must be 14x6, got tensor<15x6xf32>}}
  %a, %b, %c = kernel.multiclass_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 5, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", scratch_bytes = 1408, iou_threshold = 0.5, nms_eta = 1.0} : (tensor<2x9x4xf32>, tensor<2x3x9xf32>) -> (tensor<15x6xf32>, tensor<14x1xi64>, tensor<2xi64>)
  func.return %a : tensor<15x6xf32>
}

// -----

func.func @counts(%x: tensor<2x9x4xf32>, %s: tensor<2x3x9xf32>) -> tensor<14x6xf32> {
  // expected-error@below {{there must be 2 counts, got tensor<1xi64>}}
  %a, %b, %c = kernel.matrix_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 5, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", scratch_bytes = 1408, decay_function = "linear", gaussian_sigma = 2.0, post_threshold = 0.0} : (tensor<2x9x4xf32>, tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<1xi64>)
  func.return %a : tensor<14x6xf32>
}
