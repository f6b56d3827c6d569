// RUN: arhat-opt %s -p type-network --split-input-file | filecheck %s --check-prefix=F32
// RUN: arhat-opt %s -p 'type-network{to=tf32}' --split-input-file | filecheck %s --check-prefix=TF32
// RUN: arhat-opt %s -p 'type-network{to=f16}' --split-input-file | filecheck %s --check-prefix=F16
// RUN: arhat-opt %s -p 'type-network{to=bf16}' --split-input-file | filecheck %s --check-prefix=BF16
// RUN: arhat-opt %s -p 'type-network{to=f16 keep="second"}' --split-input-file | filecheck %s --check-prefix=KEEP

// What leads to a convolution has 16 bits, with its constants; inputs, results and what comes after the last one do not.
// A cast is a step on the way to the layer that needs it.
// F32-LABEL: func.func @main
// F32-NOT: trt.tf32
// F32-NOT: f16
// F32: func.return
// TF32-LABEL: func.func @main
// TF32-SAME: attributes {trt.tf32}
// TF32-NOT: trt.cast
// TF32: func.return
// F16-LABEL: func.func @main
// F16-SAME: -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
// F16-NEXT: [[X:%.*]] = trt.cast(%x) {arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf16>
// F16-NEXT: [[R:%.*]] = trt.activation([[X]]) {kind = "relu", arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<1x2x4x4xf16>) -> tensor<1x2x4x4xf16>
// F16-NEXT: [[W:%.*]] = arhat.constant() {value = dense<{{.*}}> : tensor<2x2x1x1xf16>}
// F16-NEXT: [[B:%.*]] = arhat.constant() {value = dense<[9.997560e-02, -1.999510e-01]> : tensor<2xf16>}
// F16-NEXT: [[A:%.*]] = trt.convolution([[R]], [[W]], bias = [[B]])
// F16-NEXT: [[C:%.*]] = trt.convolution([[A]], [[W]])
// F16-SAME: (tensor<1x2x4x4xf16>, tensor<2x2x1x1xf16>) -> tensor<1x2x4x4xf16>
// F16-NEXT: [[D:%.*]] = trt.cast([[C]]) {arhat.layers = [#arhat.layer<"last", 4>]} : (tensor<1x2x4x4xf16>) -> tensor<1x2x4x4xf32>
// F16-NEXT: [[S:%.*]] = trt.soft_max([[D]]) {{.*}} -> tensor<1x2x4x4xf32>
// F16-NEXT: func.return [[S]], [[D]]
// BF16-LABEL: func.func @main
// BF16: trt.convolution({{.*}} -> tensor<1x2x4x4xbf16>
// BF16-NEXT: trt.convolution({{.*}} -> tensor<1x2x4x4xbf16>
// BF16-NEXT: trt.cast({{.*}} : (tensor<1x2x4x4xbf16>) -> tensor<1x2x4x4xf32>
// KEEP-LABEL: func.func @main
// KEEP: %w = arhat.constant()
// KEEP: [[A:%.*]] = trt.convolution({{.*}} -> tensor<1x2x4x4xf16>
// KEEP-NEXT: [[B:%.*]] = trt.cast([[A]]) {arhat.layers = [#arhat.layer<"second", 3>]} : (tensor<1x2x4x4xf16>) -> tensor<1x2x4x4xf32>
// KEEP-NEXT: [[C:%.*]] = trt.convolution([[B]], %w) {{.*}}-> tensor<1x2x4x4xf32>
// KEEP-NEXT: trt.soft_max([[C]])
func.func @main(%x: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
  %w = arhat.constant() {value = dense<[[[[0.5]], [[1.5]]], [[[2.5]], [[3.0]]]]> : tensor<2x2x1x1xf32>} : () -> tensor<2x2x1x1xf32>
  %b = arhat.constant() {value = dense<[0.1, -0.2]> : tensor<2xf32>} : () -> tensor<2xf32>
  %0 = trt.activation(%x) {kind = "relu", arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = trt.convolution(%0, %w, bias = %b) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"first", 2>]} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  %2 = trt.convolution(%1, %w) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"second", 3>]} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %3 = trt.soft_max(%2) {axis = 1, arhat.layers = [#arhat.layer<"last", 4>]} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %3, %2 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
}
