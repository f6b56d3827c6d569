// Each becomes the kernel of its name; a mean needs memory for its counts, resampling for its weights.
//
// RUN: arhat-opt %s -p convert-arhat-to-cpu --split-input-file | filecheck %s

// CHECK: kernel.scatter_update(%a_scatter_update, %b_scatter_update, %c_scatter_update) {axis = 1, reduction = "none"}
// CHECK: kernel.scatter_elements_update(%a_scatter_elements_update, %b_scatter_elements_update, %c_scatter_elements_update) {axis = 0, reduction = "mean", use_init_val = true, scratch_bytes = 64}
// CHECK: kernel.gather_elements(%a_gather_elements, %b_gather_elements) {axis = 1}
// CHECK: kernel.gather_nd(%a_gather_nd, %b_gather_nd) {batch_dims = 0}
// CHECK: kernel.topk(%a_topk) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i32"}
// CHECK: kernel.one_hot(%a_one_hot, %b_one_hot, %c_one_hot) {axis = 1, depth = 4, normalize = false}
// CHECK: kernel.bucketize(%a_bucketize, %b_bucketize) {right_bound = true, index_type = "i64"}
// CHECK: kernel.reverse_sequence(%a_reverse_sequence, %b_reverse_sequence) {batch_axis = 0, seq_axis = 1}
// CHECK: kernel.ctc_greedy_decoder(%a_ctc_greedy_decoder, %b_ctc_greedy_decoder) {merge_repeated = true}
// CHECK: kernel.ctc_greedy_decoder_seq_len(%a_ctc_greedy_decoder_seq_len, %b_ctc_greedy_decoder_seq_len) {blank = 70, merge_repeated = true, class_type = "i32", length_type = "i64"}
// CHECK: kernel.resample(%a_resample) {axis = 3, size = 8, filter = "bicubic", cube_coeff = -0.5, scratch_bytes = 640}
func.func @main(%a_scatter_update: tensor<2x4x5xf32>, %b_scatter_update: tensor<3x1xi64>, %c_scatter_update: tensor<2x3x5xf32>, %a_scatter_elements_update: tensor<4x3xf32>, %b_scatter_elements_update: tensor<2x3xi64>, %c_scatter_elements_update: tensor<2x3xf32>, %a_gather_elements: tensor<2x4xf32>, %b_gather_elements: tensor<2x3xi64>, %a_gather_nd: tensor<2x4x5xf32>, %b_gather_nd: tensor<3x2xi64>, %a_topk: tensor<1x9xf32>, %a_one_hot: tensor<3xi64>, %b_one_hot: tensor<f32>, %c_one_hot: tensor<f32>, %a_bucketize: tensor<2x3xf32>, %b_bucketize: tensor<4xf32>, %a_reverse_sequence: tensor<2x9x3xf32>, %b_reverse_sequence: tensor<2xi32>, %a_ctc_greedy_decoder: tensor<88x1x71xf32>, %b_ctc_greedy_decoder: tensor<88x1xf32>, %a_ctc_greedy_decoder_seq_len: tensor<1x88x71xf32>, %b_ctc_greedy_decoder_seq_len: tensor<1xi32>, %a_resample: tensor<1x3x4x16xf32>) -> (tensor<2x4x5xf32>, tensor<4x3xf32>, tensor<2x3xf32>, tensor<3x5xf32>, tensor<1x2xf32>, tensor<1x2xi32>, tensor<3x4xf32>, tensor<2x3xi64>, tensor<2x9x3xf32>, tensor<1x88x1x1xf32>, tensor<1x88xi32>, tensor<1xi64>, tensor<1x3x4x8xf32>) {
  %r0_0 = arhat.scatter_update(%a_scatter_update, %b_scatter_update, %c_scatter_update) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x1xi64>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  %r1_0 = arhat.scatter_elements_update(%a_scatter_elements_update, %b_scatter_elements_update, %c_scatter_elements_update) {axis = 0, reduction = "mean", use_init_val = true} : (tensor<4x3xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
  %r2_0 = arhat.gather_elements(%a_gather_elements, %b_gather_elements) {axis = 1} : (tensor<2x4xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  %r3_0 = arhat.gather_nd(%a_gather_nd, %b_gather_nd) {batch_dims = 0} : (tensor<2x4x5xf32>, tensor<3x2xi64>) -> tensor<3x5xf32>
  %r4_0, %r4_1 = arhat.topk(%a_topk) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x9xf32>) -> (tensor<1x2xf32>, tensor<1x2xi32>)
  %r5_0 = arhat.one_hot(%a_one_hot, %b_one_hot, %c_one_hot) {axis = 1, depth = 4, normalize = false} : (tensor<3xi64>, tensor<f32>, tensor<f32>) -> tensor<3x4xf32>
  %r6_0 = arhat.bucketize(%a_bucketize, %b_bucketize) {right_bound = true, index_type = "i64"} : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xi64>
  %r7_0 = arhat.reverse_sequence(%a_reverse_sequence, %b_reverse_sequence) {batch_axis = 0, seq_axis = 1} : (tensor<2x9x3xf32>, tensor<2xi32>) -> tensor<2x9x3xf32>
  %r8_0 = arhat.ctc_greedy_decoder(%a_ctc_greedy_decoder, %b_ctc_greedy_decoder) {merge_repeated = true} : (tensor<88x1x71xf32>, tensor<88x1xf32>) -> tensor<1x88x1x1xf32>
  %r9_0, %r9_1 = arhat.ctc_greedy_decoder_seq_len(%a_ctc_greedy_decoder_seq_len, %b_ctc_greedy_decoder_seq_len) {blank = 70, merge_repeated = true, class_type = "i32", length_type = "i64"} : (tensor<1x88x71xf32>, tensor<1xi32>) -> (tensor<1x88xi32>, tensor<1xi64>)
  %r10_0 = arhat.resample(%a_resample) {axis = 3, size = 8, filter = "bicubic", cube_coeff = -0.5} : (tensor<1x3x4x16xf32>) -> tensor<1x3x4x8xf32>
  func.return %r0_0, %r1_0, %r2_0, %r3_0, %r4_0, %r4_1, %r5_0, %r6_0, %r7_0, %r8_0, %r9_0, %r9_1, %r10_0 : tensor<2x4x5xf32>, tensor<4x3xf32>, tensor<2x3xf32>, tensor<3x5xf32>, tensor<1x2xf32>, tensor<1x2xi32>, tensor<3x4xf32>, tensor<2x3xi64>, tensor<2x9x3xf32>, tensor<1x88x1x1xf32>, tensor<1x88xi32>, tensor<1xi64>, tensor<1x3x4x8xf32>
}

// -----

// A copy tells eight axes apart, and a repeated axis counts twice: five of them are two kernels.
// CHECK: [[T:%.*]] = kernel.tile(%x) {repeats = [2, 2, 2, 1, 1]} : (tensor<2x2x2x2x2xf32>) -> tensor<4x4x4x2x2xf32>
// CHECK: kernel.tile([[T]]) {repeats = [1, 1, 1, 2, 2]}
func.func @main(%x: tensor<2x2x2x2x2xf32>) -> tensor<4x4x4x4x4xf32> {
  %0 = arhat.tile(%x) {repeats = [2, 2, 2, 2, 2]} : (tensor<2x2x2x2x2xf32>) -> tensor<4x4x4x4x4xf32>
  func.return %0 : tensor<4x4x4x4x4xf32>
}
