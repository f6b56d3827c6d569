// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @math(%x: tensor<1x8x4x4xf16>) {
  // The text of the whole op is read before its properties are checked.
  // expected-error@+6 {{'math': expected one of strict, tf32, any}}
  %y = cudnn.graph(%x) {math = "fast"} ({
  ^bb0(%0: tensor<1x8x4x4xf16>):
    %1 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %1 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @plan(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{the name of a plan is that of its engine and its knobs, eng4_k24=3, not 'engine 4'}}
  %y = cudnn.graph(%x) {math = "any", plan = "engine 4"} ({
  ^bb0(%0: tensor<1x8x4x4xf16>):
    %1 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %1 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @argument(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{argument 0 of the graph is tensor<1x8x4x4xf16>, in its region tensor<1x8x4x4xf32>}}
  %y = cudnn.graph(%x) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf32>):
    %1 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf16>
    cudnn.yield %1 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @arguments(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{the graph has 1 arguments, its region 2}}
  %y = cudnn.graph(%x) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf16>, %2: tensor<1x8x4x4xf16>):
    %1 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %1 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @result(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{result 0 of the graph is tensor<1x8x4x4xf32>, in its region tensor<1x8x4x4xf16>}}
  %y = cudnn.graph(%x) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf16>):
    %1 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %1 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf32>
  func.return
}

// -----

func.func @stranger(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{only nodes may stand in a graph, got cudnn.transform}}
  %y = cudnn.graph(%x) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf16>):
    %1 = cudnn.transform(%0) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %1 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @empty(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{a graph has at least one node}}
  %y = cudnn.graph(%x) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf16>):
    cudnn.yield %0 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @unused(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{the result of cudnn.pointwise is not used}}
  %y = cudnn.graph(%x) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf16>):
    %1 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    %2 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %1 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @operand(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{a graph gives results of its nodes, not its operands}}
  %y, %z = cudnn.graph(%x) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf16>):
    %1 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %1, %0 : tensor<1x8x4x4xf16>, tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> (tensor<1x8x4x4xf16>, tensor<1x8x4x4xf16>)
  func.return
}

// -----

func.func @two(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x1x1xf16>) {
  // expected-error@below {{a graph has one convolution, product or window at most, got cudnn.conv_fprop, cudnn.conv_fprop}}
  %y = cudnn.graph(%x, %w) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf16>, %1: tensor<8x8x1x1xf16>):
    %2 = cudnn.conv_fprop(%0, %1) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
    %3 = cudnn.conv_fprop(%2, %1) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %3 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return
}

// -----

func.func @layouts(%x: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %w: tensor<8x8x3x3xf16>) {
  // expected-error@below {{the images and filters of a graph are all NHWC or all NCHW, got tensor<8x8x3x3xf16> beside NHWC}}
  %y = cudnn.graph(%x, %w) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %1: tensor<8x8x3x3xf16>):
    %2 = cudnn.conv_fprop(%0, %1) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x3x3xf16>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
    cudnn.yield %2 : tensor<1x8x4x4xf16, #kernel.nhwc<8>>
  }) : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x3x3xf16>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
  func.return
}

// -----

func.func @flat(%x: tensor<4x4xf32>) {
  // expected-error@below {{graphs hold tensors of 3 axes or more, got 2}}
  %y = cudnn.graph(%x) {math = "any"} ({
  ^bb0(%0: tensor<4x4xf32>):
    %1 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<4x4xf32>) -> tensor<4x4xf32>
    cudnn.yield %1 : tensor<4x4xf32>
  }) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  func.return
}

// -----

func.func @product(%a: tensor<1x4x4xf32>, %b: tensor<1x4x4xf32>) {
  // expected-error@below {{products without tensor cores are cuBLASLt's: no engine has them}}
  %y = cudnn.graph(%a, %b) {math = "strict"} ({
  ^bb0(%0: tensor<1x4x4xf32>, %1: tensor<1x4x4xf32>):
    %2 = cudnn.matmul(%0, %1) : (tensor<1x4x4xf32>, tensor<1x4x4xf32>) -> tensor<1x4x4xf32>
    cudnn.yield %2 : tensor<1x4x4xf32>
  }) : (tensor<1x4x4xf32>, tensor<1x4x4xf32>) -> tensor<1x4x4xf32>
  func.return
}

// -----

func.func @transposed(%x: tensor<1x8x4x4xi8>, %w: tensor<8x8x1x1xi8>) {
  // expected-error@below {{cuDNN has no transposed convolution of i8}}
  %y = cudnn.graph(%x, %w) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xi8>, %1: tensor<8x8x1x1xi8>):
    %2 = cudnn.conv_dgrad(%0, %1) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xi8>, tensor<8x8x1x1xi8>) -> tensor<1x8x4x4xi32>
    cudnn.yield %2 : tensor<1x8x4x4xi32>
  }) : (tensor<1x8x4x4xi8>, tensor<8x8x1x1xi8>) -> tensor<1x8x4x4xi32>
  func.return
}

// -----

func.func @apart(%x: tensor<1x8x4x4xi8, #kernel.nhwc<8>>, %w: tensor<8x1x1x1xi8>) {
  // expected-error@below {{nothing may follow a convolution of i8 with every channel apart in its graph}}
  %y = cudnn.graph(%x, %w) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xi8, #kernel.nhwc<8>>, %1: tensor<8x1x1x1xi8>):
    %2 = cudnn.conv_fprop(%0, %1) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 8} : (tensor<1x8x4x4xi8, #kernel.nhwc<8>>, tensor<8x1x1x1xi8>) -> tensor<1x8x4x4xi32, #kernel.nhwc<8>>
    %3 = cudnn.pointwise(%2) {mode = "relu_fwd"} : (tensor<1x8x4x4xi32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xi8, #kernel.nhwc<8>>
    cudnn.yield %3 : tensor<1x8x4x4xi8, #kernel.nhwc<8>>
  }) : (tensor<1x8x4x4xi8, #kernel.nhwc<8>>, tensor<8x1x1x1xi8>) -> tensor<1x8x4x4xi8, #kernel.nhwc<8>>
  func.return
}

// -----

func.func @outside(%x: tensor<1x8x4x4xf16>) {
  // expected-error@below {{Operation using value defined out of its IsolatedFromAbove parent}}
  %y = cudnn.graph() {math = "any"} ({
    %1 = cudnn.pointwise(%x) {mode = "relu_fwd"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %1 : tensor<1x8x4x4xf16>
  }) : () -> tensor<1x8x4x4xf16>
  func.return
}
