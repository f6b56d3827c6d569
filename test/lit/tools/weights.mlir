// Weights that a pass makes go into a file beside the output; the text on disk is complete.

// RUN: arhat-opt %s -p fold-constants -o %t && arhat-opt %t -p fold-constants | filecheck %s
// RUN: arhat-opt %s --pass-pipeline 'builtin.module(func.func(fold-constants))' -o %t && arhat-opt %t | filecheck %s
// RUN: arhat-opt %s -p fold-constants --save-weights %t.st.safetensors | filecheck %s --check-prefix=STDOUT
// RUN: arhat-opt %s -p fold-constants 2>&1 >/dev/null | filecheck %s --check-prefix=NOTE

// CHECK: arhat.weights = {{.*}}weights.mlir.tmp.safetensors"
// CHECK: arhat.constant() {value = #arhat.weight<"weights-mlir-tmp"::"{{.*}}">
// CHECK-NOT: arhat.exp
// STDOUT: arhat.weights = {{.*}}weights.mlir.tmp.st.safetensors"
// NOTE: note: weights that passes made are not saved with this text; give -o or --save-weights
func.func @main() -> (tensor<100xf32>) {
  %x = arhat.constant() {value = dense<1.5> : tensor<100xf32>} : () -> tensor<100xf32>
  %y = arhat.exp(%x) : (tensor<100xf32>) -> tensor<100xf32>
  func.return %y : tensor<100xf32>
}
