package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
	"github.com/fluxcd/pkg/kustomize"
	"github.com/fluxcd/pkg/ssa"
	ssautil "github.com/fluxcd/pkg/ssa/utils"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gvk "k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// flux prints what kustomize-controller makes of the folder in its argument: `flux.yaml` is the Kustomization, followed by the ConfigMaps and
// Secrets of the cluster; `tree` is its source. The steps are those of the controller's reconcile, generate, build and apply.
func flux(folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, "flux.yaml"))
	if err != nil {
		return err
	}
	objects, err := ssautil.ReadObjects(bytes.NewReader(text))
	if err != nil {
		return err
	}
	flux, root := *objects[0], ""
	if root, err = os.MkdirTemp("", "oracle-"); err != nil {
		return err
	}
	defer os.RemoveAll(root)
	// no artifact holds links
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return err
	}
	if err := os.CopyFS(root, os.DirFS(filepath.Join(folder, "tree"))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	result, err := controller(root, flux, cluster{objects: objects[1:]})
	if err != nil {
		// no place of this machine
		text := strings.ReplaceAll(err.Error(), root, ".")
		return errors.New(strings.ReplaceAll(text, filepath.Dir(root), ".."))
	}
	fmt.Print(result)
	return nil
}

func controller(root string, flux unstructured.Unstructured, known client.Client) (string, error) {
	path, _, _ := unstructured.NestedString(flux.Object, "spec", "path")
	folder, err := securejoin.SecureJoin(root, path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(folder); err != nil {
		return "", err
	}
	if _, err := kustomize.NewGenerator(root, flux).WriteFile(folder); err != nil {
		return "", err
	}
	built, err := kustomize.SecureBuild(root, folder, false)
	if err != nil {
		return "", err
	}
	post, _, _ := unstructured.NestedMap(flux.Object, "spec", "postBuild")
	for _, resource := range built.Resources() {
		if post == nil {
			continue
		}
		done, err := kustomize.SubstituteVariables(context.Background(), known, flux, resource,
			kustomize.SubstituteWithStrict(true), kustomize.SubstituteWithAlways(post["substituteStrategy"] == "Always"))
		if err != nil {
			return "", err
		}
		if done != nil {
			if _, err := built.Replace(resource); err != nil {
				return "", err
			}
		}
	}
	text, err := built.AsYaml()
	if err != nil {
		return "", err
	}
	objects, err := ssautil.ReadObjects(bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	manager := ssa.NewResourceManager(nil, nil, ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"})
	manager.SetOwnerLabels(objects, flux.GetName(), flux.GetNamespace())
	labels, _, _ := unstructured.NestedStringMap(flux.Object, "spec", "commonMetadata", "labels")
	annotations, _, _ := unstructured.NestedStringMap(flux.Object, "spec", "commonMetadata", "annotations")
	if labels != nil || annotations != nil {
		ssautil.SetCommonMetadata(objects, labels, annotations)
	}
	var documents []string
	for _, object := range objects {
		document, err := yaml.Marshal(object.Object)
		if err != nil {
			return "", err
		}
		documents = append(documents, string(document))
	}
	return strings.Join(documents, "---\n"), nil
}

// cluster answers for the ConfigMaps and Secrets that a case brings along, and for nothing else.
type cluster struct {
	client.Client
	objects []*unstructured.Unstructured
}

func (c cluster) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	kind := map[bool]string{true: "Secret", false: "ConfigMap"}[is[*corev1.Secret](into)]
	for _, object := range c.objects {
		if object.GetKind() == kind && object.GetName() == key.Name && object.GetNamespace() == key.Namespace {
			text, err := yaml.Marshal(object.Object)
			if err != nil {
				return err
			}
			return yaml.Unmarshal(text, into)
		}
	}
	return apierrors.NewNotFound(gvk.GroupResource{Resource: strings.ToLower(kind) + "s"}, key.Name)
}

func is[T any](value any) bool {
	_, ok := value.(T)
	return ok
}
