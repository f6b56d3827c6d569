// One error per rule of the verifiers.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @element(%x: tensor<1x8x4x4xf64>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{graphs hold f32, f16, bf16, i8 and i32, got f64}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf64>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @bytes(%x: tensor<1x8x4x4xui8>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{graphs hold f32, f16, bf16, i8 and i32, got ui8}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xui8>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @border(%x: tensor<1x8x4x4xf16, #kernel.nhwc<8, halo = [1, 1, 1, 1]>>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{cuDNN has no border around images, got [1, 1, 1, 1]}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16, #kernel.nhwc<8, halo = [1, 1, 1, 1]>>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @pixel(%x: tensor<1x8x4x4xf16, #kernel.nhwc<4>>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{8 channels do not fit into a pixel of 4}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16, #kernel.nhwc<4>>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @rank(%x: tensor<1x8x4xf16>, %w: tensor<8x8x1xf16>) {
  // expected-error@below {{images have two or three spatial axes, got rank 3}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1], pads = [0, 0], dilations = [1], groups = 1} : (tensor<1x8x4xf16>, tensor<8x8x1xf16>) -> tensor<1x8x4xf16>
  func.return
}

// -----

func.func @ranks(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x1x1x1xf16>) {
  // expected-error@below {{input, filter and output have one rank, got 4, 5 and 4}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @mixed(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x1x1xf32>) {
  // expected-error@below {{input and filter are both f32, f16, bf16 or i8, got f16 and f32}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf32>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @result(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{a convolution of f16 gives f32 or f16, got bf16}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xbf16>
  func.return
}

// -----

func.func @integers(%x: tensor<1x8x4x4xi8>, %w: tensor<8x8x1x1xi8>) {
  // expected-error@below {{a convolution of i8 gives f32 or i8 or i32, got f16}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xi8>, tensor<8x8x1x1xi8>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @strides(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{'strides' must have 2 values, got 1}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @pads(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{'pads' must be at least 0, got [0, 0, 0, -1]}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, -1], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @groups(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{a filter [8, 8, 1, 1] in 2 groups does not fit 8 input channels}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 2} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @size(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{the result should be [1, 8, 4, 4], not [1, 8, 3, 4]}}
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x3x4xf16>
  func.return
}

// -----

func.func @gradient(%x: tensor<1x8x4x4xf16>, %w: tensor<4x8x1x1xf16>) {
  // expected-error@below {{a filter [4, 8, 1, 1] in 1 groups does not fit 8 input channels}}
  %y = cudnn.conv_dgrad(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<4x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @gradient_channels(%x: tensor<1x8x4x4xf16>, %w: tensor<8x6x1x1xf16>) {
  // expected-error@below {{the result should have 1 images and 6 channels, got 1 and 8}}
  %y = cudnn.conv_dgrad(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x6x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @gradient_size(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{a convolution of the result [8, 8] gives [8, 8], not the input's [4, 4]}}
  %y = cudnn.conv_dgrad(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x8x8xf16>
  func.return
}

// -----

func.func @mode(%x: tensor<1x8x4x4xf32>) {
  // expected-error@below {{'mode': expected one of relu_fwd}}
  %y = cudnn.pointwise(%x) {mode = "mish_fwd"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @unary(%x: tensor<1x8x4x4xf32>) {
  // expected-error@below {{'add' takes two operands}}
  %y = cudnn.pointwise(%x) {mode = "add"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @binary(%x: tensor<1x8x4x4xf32>, %b: tensor<1x8x4x4xf32>) {
  // expected-error@below {{'exp' takes one operand}}
  %y = cudnn.pointwise(%x, b = %b) {mode = "exp"} : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @constant(%x: tensor<1x8x4x4xf32>) {
  // expected-error@below {{'elu_alpha' belongs to 'elu_fwd', not to 'relu_fwd'}}
  %y = cudnn.pointwise(%x) {mode = "relu_fwd", elu_alpha = 1.0} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @clips(%x: tensor<1x8x4x4xf32>) {
  // expected-error@below {{'lower_clip' 2.0 is above 'upper_clip' 1.0}}
  %y = cudnn.pointwise(%x) {mode = "relu_fwd", lower_clip = 2.0, upper_clip = 1.0} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @slope(%x: tensor<1x8x4x4xf32>) {
  // expected-error@below {{a slope below a 'lower_clip' other than 0 is not the same for all engines of cuDNN}}
  %y = cudnn.pointwise(%x) {mode = "relu_fwd", lower_clip = 1.0, lower_clip_slope = 0.1} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @broadcast(%x: tensor<1x8x4x4xf32>, %b: tensor<8x1x1xf32>) {
  // expected-error@below {{an operand [8, 1, 1] does not broadcast to [1, 8, 4, 4]}}
  %y = cudnn.pointwise(%x, b = %b) {mode = "add"} : (tensor<1x8x4x4xf32>, tensor<8x1x1xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @grows(%x: tensor<1x8x1x1xf32>) {
  // expected-error@below {{the result should be [1, 8, 1, 1], not [1, 8, 4, 4]}}
  %y = cudnn.pointwise(%x) {mode = "exp"} : (tensor<1x8x1x1xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @matrices(%a: tensor<4x8xf16>, %b: tensor<8x6xf16>) {
  // expected-error@below {{operands have rank 3, got 2 and 2}}
  %y = cudnn.matmul(%a, %b) : (tensor<4x8xf16>, tensor<8x6xf16>) -> tensor<4x6xf16>
  func.return
}

// -----

func.func @inner(%a: tensor<2x4x8xf16>, %b: tensor<2x6x8xf16>) {
  // expected-error@below {{[2, 4, 8] and [2, 6, 8] cannot be multiplied}}
  %y = cudnn.matmul(%a, %b) : (tensor<2x4x8xf16>, tensor<2x6x8xf16>) -> tensor<2x4x8xf16>
  func.return
}

// -----

func.func @product(%a: tensor<2x4x8xf16>, %b: tensor<2x8x6xf16>) {
  // expected-error@below {{the result should be [2, 4, 6], not [2, 6, 4]}}
  %y = cudnn.matmul(%a, %b) : (tensor<2x4x8xf16>, tensor<2x8x6xf16>) -> tensor<2x6x4xf16>
  func.return
}

// -----

func.func @window(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{the result should be [1, 8, 2, 2], not [1, 8, 3, 3]}}
  %y = cudnn.resample(%x) {mode = "max", window = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0]} : (tensor<1x8x4x4xf16>) -> tensor<1x8x3x3xf16>
  func.return
}

// -----

func.func @outside(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{padding [0, 0, 2, 2] holds whole windows [2, 2], which have no value}}
  %y = cudnn.resample(%x) {mode = "max", window = [2, 2], strides = [2, 2], pads = [0, 0, 2, 2]} : (tensor<1x8x4x4xf16>) -> tensor<1x8x3x3xf16>
  func.return
}

// -----

func.func @pitch(%x: tensor<1x8x4x4xf16, #kernel.nhwc<16>>) {
  // expected-error@below {{pixels of pooled images are packed: 8 channels, got tensor<1x8x4x4xf16, #kernel.nhwc<16>>}}
  %y = cudnn.resample(%x) {mode = "max", window = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0]} : (tensor<1x8x4x4xf16, #kernel.nhwc<16>>) -> tensor<1x8x2x2xf16, #kernel.nhwc<8>>
  func.return
}

// -----

func.func @extent(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{the result [1, 8, 2, 1] should have the operand's rank, each extent 1 or that of [1, 8, 4, 4]}}
  %y = cudnn.reduction(%x) {mode = "add"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x2x1xf16>
  func.return
}
