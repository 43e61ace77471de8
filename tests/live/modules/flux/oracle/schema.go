package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	"google.golang.org/protobuf/proto"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/openapi/kubernetesapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const header = `# What kustomize's strategic merge knows of the kinds of Kubernetes: written by tests/live/oracle, never by hand.
# The OpenAPI schema inside sigs.k8s.io/kustomize/kyaml (%s), and kustomize's own definitions.
#   DEFINITION [APIVERSION/KIND ...]      a definition, and the kinds that it is the schema of
#   " FIELD TYPE [STRATEGY [KEY,...]]"    a field; TYPE is "." (nothing below), a DEFINITION, "[]" a list of TYPE, "{}" a map of TYPE
#   " . FIELD ..."                        fields with nothing below
#   " {} TYPE"                            what any other field is
#   "namespaced|cluster APIVERSION KIND"  the scope of a kind
`

// schema prints the table that src/model/render/schema reads.
func schema() error {
	definitions := openapi.Schema().Definitions
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintf(out, header, openapi.GetSchemaVersion())
	for _, name := range reachable(definitions) {
		definition(out, name, definitions[name])
	}
	return scopes(out)
}

// kinds are the values of x-kubernetes-group-version-kind.
func kinds(of spec.Schema) []string {
	var found []string
	extension, _ := of.Extensions["x-kubernetes-group-version-kind"].([]interface{})
	for _, each := range extension {
		if kind, ok := each.(map[string]interface{}); ok {
			found = append(found, strings.Join(typeMeta(kind), "/"))
		}
	}
	sort.Strings(found)
	return found
}

func typeMeta(kind map[string]interface{}) []string {
	version := kind["version"].(string)
	if group, ok := kind["group"].(string); ok && group != "" {
		version = group + "/" + version
	}
	return []string{version, kind["kind"].(string)}
}

// reachable are the definitions of kinds and what they refer to.
func reachable(definitions spec.Definitions) []string {
	seen := map[string]bool{}
	var visit func(of spec.Schema)
	visit = func(of spec.Schema) {
		if name := reference(of); name != "" {
			if !seen[name] {
				seen[name] = true
				visit(definitions[name])
			}
			return
		}
		for _, each := range below(of) {
			visit(each)
		}
	}
	for name, each := range definitions {
		if len(kinds(each)) > 0 {
			seen[name] = true
			visit(each)
		}
	}
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func below(of spec.Schema) []spec.Schema {
	var found []spec.Schema
	for _, each := range of.Properties {
		found = append(found, each)
	}
	if of.AdditionalProperties != nil && of.AdditionalProperties.Schema != nil {
		found = append(found, *of.AdditionalProperties.Schema)
	}
	if isList(of) {
		found = append(found, *of.Items.Schema)
	}
	return found
}

func reference(of spec.Schema) string {
	return strings.TrimPrefix(of.Ref.String(), "#/definitions/")
}

func isList(of spec.Schema) bool {
	return len(of.Type) == 1 && of.Type[0] == "array" && of.Items != nil && of.Items.Schema != nil
}

func definition(out *bufio.Writer, name string, of spec.Schema) {
	fmt.Fprintln(out, strings.Join(append([]string{name}, kinds(of)...), " "))
	if reference(of) != "" || isList(of) {
		panic("a definition that is no object: " + name)
	}
	var leaves, fields []string
	for field, each := range of.Properties {
		strategy, keys := (&openapi.ResourceSchema{Schema: &each}).PatchStrategyAndKeyList()
		line := strings.TrimSpace(strings.Join([]string{field, kindOf(each), strategy, strings.Join(keys, ",")}, " "))
		if line == field+" ." {
			leaves = append(leaves, field)
		} else {
			fields = append(fields, line)
		}
	}
	sort.Strings(leaves)
	sort.Strings(fields)
	if len(leaves) > 0 {
		fmt.Fprintln(out, " .", strings.Join(leaves, " "))
	}
	for _, each := range fields {
		fmt.Fprintln(out, "", each)
	}
	if of.AdditionalProperties != nil && of.AdditionalProperties.Schema != nil {
		fmt.Fprintln(out, " {}", kindOf(*of.AdditionalProperties.Schema))
	}
}

func kindOf(of spec.Schema) string {
	switch {
	case reference(of) != "":
		return reference(of)
	case isList(of):
		return "[]" + kindOf(*of.Items.Schema)
	case len(of.Properties) > 0:
		panic("an object inside a field")
	case of.AdditionalProperties != nil && of.AdditionalProperties.Schema != nil:
		return "{}" + kindOf(*of.AdditionalProperties.Schema)
	}
	return "."
}

// scopes asks for every kind that a path of the API serves.
func scopes(out *bufio.Writer) error {
	version := openapi.GetSchemaVersion()
	asset := kubernetesapi.OpenAPIMustAsset[version]("kubernetesapi/" + strings.ReplaceAll(version, ".", "_") + "/swagger.pb")
	document, swagger := &openapi_v2.Document{}, spec.Swagger{}
	if err := proto.Unmarshal(asset, document); err != nil {
		return err
	}
	if _, err := swagger.FromGnostic(document); err != nil {
		return err
	}
	found := map[string]bool{}
	for _, path := range swagger.Paths.Paths {
		if path.Get == nil {
			continue
		}
		kind, ok := path.Get.Extensions["x-kubernetes-group-version-kind"].(map[string]interface{})
		if !ok {
			continue
		}
		meta := typeMeta(kind)
		isNamespaced, known := openapi.IsNamespaceScoped(yaml.TypeMeta{APIVersion: meta[0], Kind: meta[1]})
		if !known {
			return fmt.Errorf("%v is served, but its scope is not known", meta)
		}
		found[map[bool]string{true: "namespaced ", false: "cluster "}[isNamespaced]+strings.Join(meta, " ")] = true
	}
	var lines []string
	for line := range found {
		lines = append(lines, line)
	}
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	return nil
}
