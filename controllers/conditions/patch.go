package conditions

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Patch writes the status of after when it differs from before, against the version that before was read at, so that a
// status computed from a stale read is refused. It tells whether it wrote.
func Patch[T client.Object](ctx context.Context, c client.Client, before, after T) (bool, error) {
	if equality.Semantic.DeepEqual(before, after) {
		return false, nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := c.Status().Patch(ctx, after, patch); err != nil {
		return false, fmt.Errorf("patch the status: %w", err)
	}
	return true, nil
}
