// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @rank(%x: tensor<1x4xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{the input must have rank 3 to 5, got 2}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @filter_rank(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2xf32>) {
  // expected-error@+1 {{the filter must have rank 4, got 3}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @strides_zero(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{'strides' must be at least 1, got [0, 2]}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [0, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @pads_negative(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{'pads_end' must be at least 0, got [0, -1]}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, -1], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @output_padding_length(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{'output_padding' must have 2 values, got 1}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @groups_zero(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{'groups' must be at least 1, got 0}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 0} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @channels(%x: tensor<1x4x8x8xf32>, %w: tensor<5x6x2x2xf32>) {
  // expected-error@+1 {{the input has 4 channels, the filter takes 5}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<5x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @groups(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{4 input channels do not divide into 3 groups}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 3} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @cut_off(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{the result would have the sizes [16, -4]: too much padding is cut off}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 20], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @bias(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>, %b: tensor<5xf32>) {
  // expected-error@+1 {{bias must have shape [6], got tensor<5xf32>}}
  %0 = arhat.transposed_convolution(%x, %w, bias = %b) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>, tensor<5xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @prelu(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{activation prelu needs the slope operand}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1, activation = #arhat.activation<prelu>} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return
}

// -----

func.func @result(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) {
  // expected-error@+1 {{result type must be tensor<1x6x16x16xf32> by the shape rule, got tensor<1x6x16x15xf32>}}
  %0 = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x15xf32>
  func.return
}

// -----

func.func @deformable_rank(%x: tensor<1x4x8xf32>, %o: tensor<1x18x8x8xf32>) {
  // expected-error@+1 {{the input must have rank 4, got 3}}
  %0 = arhat.deformable_columns(%x, %o) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = false} : (tensor<1x4x8xf32>, tensor<1x18x8x8xf32>) -> tensor<1x36x8x8xf32>
  func.return
}

// -----

func.func @deformable_kernel(%x: tensor<1x4x8x8xf32>, %o: tensor<1x18x8x8xf32>) {
  // expected-error@+1 {{'kernel' must be at least 1, got [0, 3]}}
  %0 = arhat.deformable_columns(%x, %o) {kernel = [0, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = false} : (tensor<1x4x8x8xf32>, tensor<1x18x8x8xf32>) -> tensor<1x36x8x8xf32>
  func.return
}

// -----

func.func @deformable_groups(%x: tensor<1x4x8x8xf32>, %o: tensor<1x18x8x8xf32>) {
  // expected-error@+1 {{4 channels do not divide into 3 deformable groups}}
  %0 = arhat.deformable_columns(%x, %o) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 3, interpolate_border = false} : (tensor<1x4x8x8xf32>, tensor<1x18x8x8xf32>) -> tensor<1x36x8x8xf32>
  func.return
}

// -----

func.func @offsets(%x: tensor<1x4x8x8xf32>, %o: tensor<1x18x8x7xf32>) {
  // expected-error@+1 {{offsets must have shape [1, 18, 8, 8], got tensor<1x18x8x7xf32>}}
  %0 = arhat.deformable_columns(%x, %o) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = false} : (tensor<1x4x8x8xf32>, tensor<1x18x8x7xf32>) -> tensor<1x36x8x8xf32>
  func.return
}

// -----

func.func @mask(%x: tensor<1x4x8x8xf32>, %o: tensor<1x18x8x8xf32>, %m: tensor<1x18x8x8xf32>) {
  // expected-error@+1 {{mask must have shape [1, 9, 8, 8], got tensor<1x18x8x8xf32>}}
  %0 = arhat.deformable_columns(%x, %o, mask = %m) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = false} : (tensor<1x4x8x8xf32>, tensor<1x18x8x8xf32>, tensor<1x18x8x8xf32>) -> tensor<1x36x8x8xf32>
  func.return
}

// -----

func.func @deformable_result(%x: tensor<1x4x8x8xf32>, %o: tensor<1x18x8x8xf32>) {
  // expected-error@+1 {{result type must be tensor<1x36x8x8xf32> by the shape rule}}
  %0 = arhat.deformable_columns(%x, %o) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = false} : (tensor<1x4x8x8xf32>, tensor<1x18x8x8xf32>) -> tensor<1x36x8x9xf32>
  func.return
}

// -----

func.func @residual_last(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x1x1xf32>) {
  // expected-error@+1 {{'residual_after_activation' needs a residual and an activation}}
  %0 = arhat.convolution(%x, %w, residual = %x) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, residual_after_activation = true} : (tensor<1x4x8x8xf32>, tensor<4x4x1x1xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  func.return
}
