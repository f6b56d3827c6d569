// One error per rule of the verifiers.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @size(%x: tensor<1x4x8x8xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{the result should be tensor<1x6x6x6xf32>, not tensor<1x6x8x8xf32>}}
  %r = trt.convolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  func.return
}

// -----

func.func @groups(%x: tensor<1x4x8x8xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{a kernel [6, 4, 3, 3] in 2 groups does not fit 4 input channels}}
  %r = trt.convolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 2} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @no_groups(%x: tensor<1x4x8x8xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{'groups' must be at least 1, got 0}}
  %r = trt.convolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 0} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @strides(%x: tensor<1x4x8x8xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{'strides' must have 2 values, got 1}}
  %r = trt.convolution(%x, %k) {strides = [1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @padding(%x: tensor<1x4x8x8xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{'post_padding' must be at least 0, got [0, -1]}}
  %r = trt.convolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, -1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @large(%x: tensor<1x4x8x2xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{a kernel [3, 3] is larger than the padded images [8, 2]}}
  %r = trt.convolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x2xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @halves(%x: tensor<1x4x8x8xf16>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{'kernel' has the operand's element type f16, got f32}}
  %r = trt.convolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf16>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @bytes(%x: tensor<1x4x8x8xi8>, %k: tensor<6x4x3x3xi8>) {
  // expected-error@below {{the operand is f32, f16 or bf16, got i8}}
  %r = trt.convolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xi8>, tensor<6x4x3x3xi8>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @lines(%x: tensor<1x4x8xf32>, %k: tensor<6x4x3xf32>) {
  // expected-error@below {{images have two or three spatial axes, got rank 3}}
  %r = trt.convolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @bias(%x: tensor<1x4x8x8xf32>, %k: tensor<6x4x3x3xf32>, %b: tensor<4xf32>) {
  // expected-error@below {{'bias' has one number for each of 6 channels, got tensor<4xf32>}}
  %r = trt.convolution(%x, %k, bias = %b) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<4xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @deconvolution(%x: tensor<1x4x8x8xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{a kernel [6, 4, 3, 3] in 1 groups does not fit 4 input channels}}
  %r = trt.deconvolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @deconvolution_size(%x: tensor<1x6x8x8xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{the result should be tensor<1x4x10x10xf32>, not tensor<1x6x6x6xf32>}}
  %r = trt.deconvolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x6x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @deconvolution_both(%x: tensor<1x6x8x8xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{a deconvolution has strides or dilations, not both, got [2, 2] and [2, 1]}}
  %r = trt.deconvolution(%x, %k) {strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], dilations = [2, 1], groups = 1} : (tensor<1x6x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @deconvolution_nothing(%x: tensor<1x6x8x8xf32>, %k: tensor<6x4x3x3xf32>) {
  // expected-error@below {{the paddings cut off all of the result: [0, 10]}}
  %r = trt.deconvolution(%x, %k) {strides = [1, 1], pre_padding = [0, 0], post_padding = [10, 0], dilations = [1, 1], groups = 1} : (tensor<1x6x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}

// -----

func.func @average(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{'average' needs 'count_excludes_padding'}}
  %r = trt.pooling(%x) {kind = "average", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], padding_mode = "explicit_round_down"} : (tensor<1x4x8x8xf32>) -> tensor<1x4x3x3xf32>
  func.return
}

// -----

func.func @rounded(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{the result should be tensor<1x4x4x4xf32>, not tensor<1x4x3x3xf32>}}
  %r = trt.pooling(%x) {kind = "max", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], padding_mode = "explicit_round_up"} : (tensor<1x4x8x8xf32>) -> tensor<1x4x3x3xf32>
  func.return
}

// -----

func.func @window(%x: tensor<1x4x2x8xf32>) {
  // expected-error@below {{a window [3, 3] is larger than the padded images [2, 8]}}
  %r = trt.pooling(%x) {kind = "max", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], padding_mode = "explicit_round_down"} : (tensor<1x4x2x8xf32>) -> tensor<1x4x3x3xf32>
  func.return
}

// -----

func.func @padded(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{padding [3, 0] holds a whole window of 3, which has no mean without the padding}}
  %r = trt.pooling(%x) {kind = "average", window = [3, 3], strides = [2, 2], pre_padding = [0, 3], post_padding = [0, 0], count_excludes_padding = true, padding_mode = "explicit_round_down"} : (tensor<1x4x8x8xf32>) -> tensor<1x4x3x3xf32>
  func.return
}

// -----

func.func @beyond(%x: tensor<1x4x3x3xf32>) {
  // expected-error@below {{padding [0, 2] holds a whole window of 3, which has no mean without the padding}}
  %r = trt.pooling(%x) {kind = "average", window = [3, 3], strides = [3, 3], pre_padding = [0, 0], post_padding = [0, 2], count_excludes_padding = true, padding_mode = "explicit_round_up"} : (tensor<1x4x3x3xf32>) -> tensor<1x4x1x2xf32>
  func.return
}

// -----

func.func @integers(%x: tensor<1x4x8x8xi32>) {
  // expected-error@below {{the operand is f32, f16 or bf16, got i32}}
  %r = trt.pooling(%x) {kind = "max", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], padding_mode = "explicit_round_down"} : (tensor<1x4x8x8xi32>) -> tensor<1x4x3x3xf32>
  func.return
}

// -----

func.func @lrn_window(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{'window' is odd and at most 15, got 4}}
  %r = trt.lrn(%x) {window = 4, alpha = 0.1, beta = 0.75, k = 1.0} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  func.return
}

// -----

func.func @lrn_beta(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{'beta' is from 0.01 to 100000.0, got 0.0}}
  %r = trt.lrn(%x) {window = 5, alpha = 0.1, beta = 0.0, k = 1.0} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  func.return
}

// -----

func.func @lrn_rank(%x: tensor<1x4x8xf32>) {
  // expected-error@below {{images have rank 4, got 3}}
  %r = trt.lrn(%x) {window = 5, alpha = 0.1, beta = 0.75, k = 1.0} : (tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
  func.return
}

// -----

func.func @resize_rank(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{a resize keeps the rank, got 4 and 3}}
  %r = trt.resize(%x) {mode = "nearest", coordinate_transformation = "half_pixel", selector = "formula", rounding = "floor"} : (tensor<1x4x8x8xf32>) -> tensor<4x16x16xf32>
  func.return
}

// -----

func.func @resize_batch(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{'linear' resizes the last 3 axes only, got [1, 4, 8, 8] and [2, 4, 8, 8]}}
  %r = trt.resize(%x) {mode = "linear", coordinate_transformation = "half_pixel", selector = "formula", rounding = "floor"} : (tensor<1x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  func.return
}

// -----

func.func @resize_cubic(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{'cubic' resizes the last 2 axes only, got [1, 4, 8, 8] and [1, 8, 8, 8]}}
  %r = trt.resize(%x) {mode = "cubic", coordinate_transformation = "half_pixel", selector = "formula", rounding = "floor"} : (tensor<1x4x8x8xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// -----

func.func @resize_coefficient(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{'linear' takes no 'cubic_coeff'}}
  %r = trt.resize(%x) {mode = "linear", coordinate_transformation = "half_pixel", selector = "formula", rounding = "floor", cubic_coeff = -0.5} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32>
  func.return
}

// -----

func.func @resize_scales(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{axis 3: 8 elements times 2.2 are not 16}}
  %r = trt.resize(%x) {mode = "linear", coordinate_transformation = "half_pixel", selector = "formula", rounding = "floor", scales = [1.0, 1.0, 2.0, 2.2]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32>
  func.return
}

// -----

func.func @resize_both(%x: tensor<1x4x8x8xf32>, %n: tensor<4xi64>) {
  // expected-error@below {{a resize takes 'sizes' or 'scales', not both}}
  %r = trt.resize(%x, sizes = %n) {mode = "linear", coordinate_transformation = "half_pixel", selector = "formula", rounding = "floor", scales = [1.0, 1.0, 2.0, 2.0]} : (tensor<1x4x8x8xf32>, tensor<4xi64>) -> tensor<1x4x16x16xf32>
  func.return
}

// -----

func.func @resize_type(%x: tensor<1x4x8x8xf32>) {
  // expected-error@below {{the result should be tensor<1x4x16x16xf32>, not tensor<1x4x16x16xf16>}}
  %r = trt.resize(%x) {mode = "linear", coordinate_transformation = "half_pixel", selector = "formula", rounding = "floor"} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf16>
  func.return
}
