// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @boxes(%x: tensor<1x9x5xf32>, %s: tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>) {
  // expected-error@below {{boxes must be NxBx4, got tensor<1x9x5xf32>}}
  %a, %b, %c = arhat.non_max_suppression(%x, %s) {max_output_boxes = 2, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "i64"} : (tensor<1x9x5xf32>, tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>)
  func.return %a, %b, %c : tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>
}

// -----

func.func @differ(%x: tensor<1x8x4xf32>, %s: tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>) {
  // expected-error@below {{boxes tensor<1x8x4xf32> and scores tensor<1x2x9xf32> differ in images or boxes}}
  %a, %b, %c = arhat.non_max_suppression(%x, %s) {max_output_boxes = 2, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "i64"} : (tensor<1x8x4xf32>, tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>)
  func.return %a, %b, %c : tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>
}

// -----

func.func @none(%x: tensor<1x9x4xf32>, %s: tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>) {
  // expected-error@below {{'max_output_boxes' must be at least 1, got 0}}
  %a, %b, %c = arhat.non_max_suppression(%x, %s) {max_output_boxes = 0, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "i64"} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>)
  func.return %a, %b, %c : tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>
}

// -----

func.func @sigma(%x: tensor<1x9x4xf32>, %s: tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>) {
  // expected-error@below {{'soft_nms_sigma' must not be negative}}
  %a, %b, %c = arhat.non_max_suppression(%x, %s) {max_output_boxes = 2, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = -1.0, box_encoding = "corner", sort_result_descending = true, index_type = "i64"} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>)
  func.return %a, %b, %c : tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>
}

// -----

func.func @type(%x: tensor<1x9x4xf32>, %s: tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>) {
  // expected-error@below {{'index_type': expected one of i32, i64}}
  %a, %b, %c = arhat.non_max_suppression(%x, %s) {max_output_boxes = 2, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "u8"} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>)
  func.return %a, %b, %c : tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>
}

// -----

func.func @rows(%x: tensor<1x9x4xf32>, %s: tensor<1x2x9xf32>) -> (tensor<5x3xi64>, tensor<4x3xf32>, tensor<1xi64>) {
  // expected-error@below {{result type must be tensor<4x3xi64> by the shape rule, got tensor<5x3xi64>}}
  %a, %b, %c = arhat.non_max_suppression(%x, %s) {max_output_boxes = 2, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "i64"} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> (tensor<5x3xi64>, tensor<4x3xf32>, tensor<1xi64>)
  func.return %a, %b, %c : tensor<5x3xi64>, tensor<4x3xf32>, tensor<1xi64>
}

// -----

func.func @room(%x: tensor<2x3xf32>) -> (tensor<2x5xi64>, tensor<1xi64>) {
  // expected-error@below {{result type must be tensor<2x6xi64> by the shape rule, got tensor<2x5xi64>}}
  %a, %b = arhat.non_zero(%x) {index_type = "i64"} : (tensor<2x3xf32>) -> (tensor<2x5xi64>, tensor<1xi64>)
  func.return %a, %b : tensor<2x5xi64>, tensor<1xi64>
}

// -----

func.func @selected(%x: tensor<2x9x4xf32>, %s: tensor<2x3x9xf32>) -> (tensor<15x6xf32>, tensor<14x1xi64>, tensor<2xi64>) {
  // expected-error@below {{result type must be tensor<14x6xf32> by the shape rule, got tensor<15x6xf32>}}
  %a, %b, %c = arhat.multiclass_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 5, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", iou_threshold = 0.5, nms_eta = 1.0} : (tensor<2x9x4xf32>, tensor<2x3x9xf32>) -> (tensor<15x6xf32>, tensor<14x1xi64>, tensor<2xi64>)
  func.return %a, %b, %c : tensor<15x6xf32>, tensor<14x1xi64>, tensor<2xi64>
}

// -----

func.func @nothing(%x: tensor<2x9x4xf32>, %s: tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>) {
  // expected-error@below {{'nms_top_k', 'keep_top_k' and 'background_class' leave no box to select}}
  %a, %b, %c = arhat.matrix_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 0, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", decay_function = "linear", gaussian_sigma = 2.0, post_threshold = 0.0} : (tensor<2x9x4xf32>, tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>)
  func.return %a, %b, %c : tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>
}

// -----

func.func @classes_differ(%x: tensor<2x8x4xf32>, %s: tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>) {
  // expected-error@below {{boxes tensor<2x8x4xf32> and scores tensor<2x3x9xf32> differ in images or boxes}}
  %a, %b, %c = arhat.matrix_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 5, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", decay_function = "linear", gaussian_sigma = 2.0, post_threshold = 0.0} : (tensor<2x8x4xf32>, tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>)
  func.return %a, %b, %c : tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>
}

// -----

func.func @decay(%x: tensor<2x9x4xf32>, %s: tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>) {
  // expected-error@below {{'decay_function': expected one of gaussian, linear}}
  %a, %b, %c = arhat.matrix_nms(%x, %s) {sort_result_type = "score", sort_result_across_batch = false, score_threshold = 0.1, nms_top_k = 5, keep_top_k = 7, background_class = 0, normalized = true, index_type = "i64", decay_function = "cubic", gaussian_sigma = 2.0, post_threshold = 0.0} : (tensor<2x9x4xf32>, tensor<2x3x9xf32>) -> (tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>)
  func.return %a, %b, %c : tensor<14x6xf32>, tensor<14x1xi64>, tensor<2xi64>
}
