// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @feature() {
  // expected-error@+1 {{'feature' must have 2 values, got 1}}
  %0 = arhat.prior_box() {feature = [19], image = [300, 300], min_size = [60.0], max_size = [111.0], aspect_ratio = [2.0, 3.0], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// -----

func.func @image() {
  // expected-error@+1 {{'image' must be at least 1, got [0, 300]}}
  %0 = arhat.prior_box() {feature = [19, 19], image = [0, 300], min_size = [60.0], max_size = [111.0], aspect_ratio = [2.0, 3.0], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// -----

func.func @variance() {
  // expected-error@+1 {{'variance' must have 0, 1 or 4 values, got 2}}
  %0 = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [60.0], max_size = [111.0], aspect_ratio = [2.0, 3.0], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// -----

func.func @max_size() {
  // expected-error@+1 {{2 maximum sizes for 1 minimum sizes}}
  %0 = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [60.0], max_size = [1.0, 2.0], aspect_ratio = [2.0, 3.0], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// -----

func.func @density() {
  // expected-error@+1 {{'density' and 'fixed_size' must have as many values}}
  %0 = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [60.0], max_size = [111.0], aspect_ratio = [2.0, 3.0], density = [1.0], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// -----

func.func @ratio() {
  // expected-error@+1 {{'aspect_ratio' must be positive}}
  %0 = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [60.0], max_size = [111.0], aspect_ratio = [-1.0], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// -----

func.func @density_zero() {
  // expected-error@+1 {{'density' must be at least 1}}
  %0 = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [60.0], max_size = [111.0], aspect_ratio = [2.0, 3.0], density = [0.0], fixed_ratio = [], fixed_size = [4.0], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// -----

func.func @no_boxes() {
  // expected-error@+1 {{a prior box layer must make at least one box for each cell}}
  %0 = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [], max_size = [], aspect_ratio = [2.0, 3.0], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// -----

func.func @boxes() {
  // expected-error@+1 {{the attributes ask for 5 boxes per cell, the calculation makes 11}}
  %0 = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [60.0], max_size = [111.0], aspect_ratio = [2.0, 3.0], density = [1.0], fixed_ratio = [], fixed_size = [4.0], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// -----

func.func @clustered_feature() {
  // expected-error@+1 {{'feature' must be at least 1, got [16, 0]}}
  %0 = arhat.prior_box_clustered() {feature = [16, 0], image = [256, 256], width = [20.0, 30.0], height = [40.0, 10.0], variance = [0.1], step_w = 16.0, step_h = 16.0, offset = 0.5, clip = true} : () -> tensor<2x2048xf32>
  func.return
}

// -----

func.func @no_width() {
  // expected-error@+1 {{'width' must not be empty}}
  %0 = arhat.prior_box_clustered() {feature = [16, 16], image = [256, 256], width = [], height = [], variance = [0.1], step_w = 16.0, step_h = 16.0, offset = 0.5, clip = true} : () -> tensor<2x2048xf32>
  func.return
}

// -----

func.func @height() {
  // expected-error@+1 {{'width' and 'height' must have as many values}}
  %0 = arhat.prior_box_clustered() {feature = [16, 16], image = [256, 256], width = [20.0, 30.0], height = [1.0], variance = [0.1], step_w = 16.0, step_h = 16.0, offset = 0.5, clip = true} : () -> tensor<2x2048xf32>
  func.return
}

// -----

func.func @clustered_variance() {
  // expected-error@+1 {{'variance' must have 0, 1 or 4 values, got 3}}
  %0 = arhat.prior_box_clustered() {feature = [16, 16], image = [256, 256], width = [20.0, 30.0], height = [40.0, 10.0], variance = [0.1, 0.1, 0.1], step_w = 16.0, step_h = 16.0, offset = 0.5, clip = true} : () -> tensor<2x2048xf32>
  func.return
}

// -----

func.func @loc_rank(%x: tensor<2x40x1xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{boxes must have rank 2, got tensor<2x40x1xf32>}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40x1xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @conf_rank(%x: tensor<2x40xf32>, %y: tensor<2x30x1xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{confidences must have rank 2, got tensor<2x30x1xf32>}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30x1xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @priors_rank(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<2x40xf32>) {
  // expected-error@+1 {{priors must have rank 3, got tensor<2x40xf32>}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @no_images(%x: tensor<0x40xf32>, %y: tensor<0x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{there must be at least one image}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<0x40xf32>, tensor<0x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @classes(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{'num_classes' must be at least 1, got 0}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 0, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @conf_images(%x: tensor<2x40xf32>, %y: tensor<1x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{boxes are of 2 images, confidences of 1}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<1x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @prior_images(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<3x2x40xf32>) {
  // expected-error@+1 {{priors must be of 1 or 2 images, got 3}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<3x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @rows(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{priors must have 1 rows, got 2}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = true, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @prior_size(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x38xf32>) {
  // expected-error@+1 {{priors must be a multiple of 4, got 38}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x38xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @boxes_size(%x: tensor<2x44xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{boxes must have 40 values per image, got 44}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x44xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @not_shared(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{boxes must have 120 values per image, got 40}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = false, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @confidences(%x: tensor<2x40xf32>, %y: tensor<2x20xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{confidences must have 30 values per image, got 20}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x20xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @one_auxiliary(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>, %u: tensor<2x20xf32>) {
  // expected-error@+1 {{the two auxiliary inputs go together}}
  %0 = arhat.detection_output(%x, %y, %z, aux_conf = %u) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>, tensor<2x20xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @aux_loc(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>, %u: tensor<2x20xf32>, %v: tensor<2x30xf32>) {
  // expected-error@+1 {{auxiliary boxes must be like the boxes, got tensor<2x30xf32>}}
  %0 = arhat.detection_output(%x, %y, %z, aux_conf = %u, aux_loc = %v) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>, tensor<2x20xf32>, tensor<2x30xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @objectness(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>, %u: tensor<2x30xf32>, %v: tensor<2x40xf32>) {
  // expected-error@+1 {{objectness must be [2, 20], got tensor<2x30xf32>}}
  %0 = arhat.detection_output(%x, %y, %z, aux_conf = %u, aux_loc = %v) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>, tensor<2x30xf32>, tensor<2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @keep_top_k(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{'keep_top_k' must not be empty}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @input_size(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{the input size must be positive}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 0, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @code_type(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{'code_type': expected one of corner, center_size, corner_size, got "corners"}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "corners", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @background(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{'decrease_label_id' needs background label 0, got 1}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 1, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = true, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @detection_elements(%x: tensor<2x40xf32>, %y: tensor<2x30xf16>, %z: tensor<1x2x40xf32>) {
  // expected-error@+1 {{operands must have one element type, got f32 and f16}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf16>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @detection_integers(%x: tensor<2x40xi32>, %y: tensor<2x30xi32>, %z: tensor<1x2x40xi32>) {
  // expected-error@+1 {{the boxes must have a floating-point element type, got i32}}
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xi32>, tensor<2x30xi32>, tensor<1x2x40xi32>) -> tensor<1x1x40x7xf32>
  func.return
}

// -----

func.func @region_rank(%x: tensor<1x255x26xf32>) {
  // expected-error@+1 {{the input must have rank 4, got 3}}
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 9, do_softmax = false, mask = [0, 1, 2], anchors = [], axis = 1, end_axis = 3} : (tensor<1x255x26xf32>) -> tensor<1x255x26x26xf32>
  func.return
}

// -----

func.func @coords(%x: tensor<1x255x26x26xf32>) {
  // expected-error@+1 {{1 coordinates and 80 classes are too few}}
  %0 = arhat.region_yolo(%x) {coords = 1, classes = 80, num = 9, do_softmax = false, mask = [0, 1, 2], anchors = [], axis = 1, end_axis = 3} : (tensor<1x255x26x26xf32>) -> tensor<1x255x26x26xf32>
  func.return
}

// -----

func.func @no_regions(%x: tensor<1x255x26x26xf32>) {
  // expected-error@+1 {{there must be at least one region}}
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 9, do_softmax = false, mask = [], anchors = [], axis = 1, end_axis = 3} : (tensor<1x255x26x26xf32>) -> tensor<1x255x26x26xf32>
  func.return
}

// -----

func.func @channels(%x: tensor<1x250x26x26xf32>) {
  // expected-error@+1 {{3 regions of 4 coordinates and 80 classes need 255 channels, got 250}}
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 9, do_softmax = false, mask = [0, 1, 2], anchors = [], axis = 1, end_axis = 3} : (tensor<1x250x26x26xf32>) -> tensor<1x255x26x26xf32>
  func.return
}

// -----

func.func @region_integers(%x: tensor<1x255x26x26xi32>) {
  // expected-error@+1 {{the input must have a floating-point element type, got i32}}
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 9, do_softmax = false, mask = [0, 1, 2], anchors = [], axis = 1, end_axis = 3} : (tensor<1x255x26x26xi32>) -> tensor<1x255x26x26xi32>
  func.return
}

// -----

func.func @end_axis(%x: tensor<1x425x13x13xf32>) {
  // expected-error@+1 {{axis 4 is out of range for rank 4}}
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 5, do_softmax = true, mask = [0, 1, 2], anchors = [], axis = 1, end_axis = 4} : (tensor<1x425x13x13xf32>) -> tensor<1x71825xf32>
  func.return
}

// -----

func.func @axes_order(%x: tensor<1x425x13x13xf32>) {
  // expected-error@+1 {{'axis' 3 is behind 'end_axis' 1}}
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 5, do_softmax = true, mask = [0, 1, 2], anchors = [], axis = 3, end_axis = 1} : (tensor<1x425x13x13xf32>) -> tensor<1x71825xf32>
  func.return
}
