// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @prior_box(
// CHECK-NEXT: %0 = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [60.0], max_size = [111.0], aspect_ratio = [2.0, 3.0], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
func.func @prior_box() {
  %0 = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [60.0], max_size = [111.0], aspect_ratio = [2.0, 3.0], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1, 0.2, 0.2], flip = true, clip = false, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 16.0, offset = 0.5} : () -> tensor<2x8664xf32>
  func.return
}

// CHECK-LABEL: func.func @prior_box_clustered(
// CHECK-NEXT: %0 = arhat.prior_box_clustered() {feature = [16, 16], image = [256, 256], width = [20.0, 30.0], height = [40.0, 10.0], variance = [0.1], step_w = 16.0, step_h = 16.0, offset = 0.5, clip = true} : () -> tensor<2x2048xf32>
func.func @prior_box_clustered() {
  %0 = arhat.prior_box_clustered() {feature = [16, 16], image = [256, 256], width = [20.0, 30.0], height = [40.0, 10.0], variance = [0.1], step_w = 16.0, step_h = 16.0, offset = 0.5, clip = true} : () -> tensor<2x2048xf32>
  func.return
}

// CHECK-LABEL: func.func @detection_output(
// CHECK-NEXT: %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
func.func @detection_output(%x: tensor<2x40xf32>, %y: tensor<2x30xf32>, %z: tensor<1x2x40xf32>) {
  %0 = arhat.detection_output(%x, %y, %z) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [20], code_type = "center_size", variance_encoded_in_target = false, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0} : (tensor<2x40xf32>, tensor<2x30xf32>, tensor<1x2x40xf32>) -> tensor<1x1x40x7xf32>
  func.return
}

// CHECK-LABEL: func.func @detection_output_refined(
// CHECK-NEXT: %0 = arhat.detection_output(%x, %y, %z, aux_conf = %u, aux_loc = %v) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [-1], code_type = "center_size", variance_encoded_in_target = true, share_location = false, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = false, input_height = 300, input_width = 300, objectness_score = 0.0} : (tensor<2x120xf32>, tensor<2x30xf32>, tensor<2x1x50xf32>, tensor<2x20xf32>, tensor<2x120xf32>) -> tensor<1x1x600x7xf32>
func.func @detection_output_refined(%x: tensor<2x120xf32>, %y: tensor<2x30xf32>, %z: tensor<2x1x50xf32>, %u: tensor<2x20xf32>, %v: tensor<2x120xf32>) {
  %0 = arhat.detection_output(%x, %y, %z, aux_conf = %u, aux_loc = %v) {num_classes = 3, background_label_id = 0, top_k = 100, keep_top_k = [-1], code_type = "center_size", variance_encoded_in_target = true, share_location = false, nms_threshold = 0.45, confidence_threshold = 0.01, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = false, input_height = 300, input_width = 300, objectness_score = 0.0} : (tensor<2x120xf32>, tensor<2x30xf32>, tensor<2x1x50xf32>, tensor<2x20xf32>, tensor<2x120xf32>) -> tensor<1x1x600x7xf32>
  func.return
}

// CHECK-LABEL: func.func @region_yolo(
// CHECK-NEXT: %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 9, do_softmax = false, mask = [0, 1, 2], anchors = [], axis = 1, end_axis = 3} : (tensor<1x255x26x26xf32>) -> tensor<1x255x26x26xf32>
func.func @region_yolo(%x: tensor<1x255x26x26xf32>) {
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 9, do_softmax = false, mask = [0, 1, 2], anchors = [], axis = 1, end_axis = 3} : (tensor<1x255x26x26xf32>) -> tensor<1x255x26x26xf32>
  func.return
}

// CHECK-LABEL: func.func @region_yolo_softmax(
// CHECK-NEXT: %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 5, do_softmax = true, mask = [0, 1, 2], anchors = [], axis = 1, end_axis = 3} : (tensor<1x425x13x13xf32>) -> tensor<1x71825xf32>
func.func @region_yolo_softmax(%x: tensor<1x425x13x13xf32>) {
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 5, do_softmax = true, mask = [0, 1, 2], anchors = [], axis = 1, end_axis = 3} : (tensor<1x425x13x13xf32>) -> tensor<1x71825xf32>
  func.return
}
