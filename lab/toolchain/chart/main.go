// Command render-chart prints what Helm would apply for cert-manager's chart as it lies in cert-manager's Go module.
//
// The chart there is what the release is made from: the file Chart.yaml is a template, and the custom resource definitions,
// templates too, lie beside it.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"
)

const name = "cert-manager"

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: render-chart MODULE-FOLDER VERSION KUBERNETES-VERSION < values.yaml")
		os.Exit(2)
	}
	if err := render(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "render-chart:", err)
		os.Exit(1)
	}
}

func render(module, version, kubernetes string) error {
	files, err := chartFiles(module, version)
	if err != nil {
		return err
	}
	loaded, err := loader.LoadFiles(files)
	if err != nil {
		return fmt.Errorf("loading the chart: %w", err)
	}
	kube, err := chartutil.ParseKubeVersion(kubernetes)
	if err != nil {
		return fmt.Errorf("Kubernetes version %q: %w", kubernetes, err)
	}
	values, err := readValues()
	if err != nil {
		return err
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *kube
	release := chartutil.ReleaseOptions{Name: name, Namespace: name, Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(loaded, values, release, capabilities)
	if err != nil {
		return fmt.Errorf("values: %w", err)
	}
	rendered, err := engine.Render(loaded, all)
	if err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	paths := make([]string, 0, len(rendered))
	for path := range rendered {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	for _, path := range paths {
		text := strings.TrimSpace(rendered[path])
		if text != "" && filepath.Ext(path) == ".yaml" {
			fmt.Printf("---\n# Source: %s\n%s\n", path, strings.TrimPrefix(text, "---\n"))
		}
	}
	return nil
}

func readValues() (map[string]any, error) {
	raw, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(raw, &values); err != nil {
		return nil, fmt.Errorf("values: %w", err)
	}
	return values, nil
}

// chartFiles collects the chart under the names a released chart has.
func chartFiles(module, version string) ([]*loader.BufferedFile, error) {
	var files []*loader.BufferedFile
	root := filepath.Join(module, "deploy", "charts", name)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if relative == "Chart.template.yaml" {
			relative = "Chart.yaml"
			data = []byte(strings.ReplaceAll(string(data), "v0.1.0", version))
		}
		files = append(files, &loader.BufferedFile{Name: filepath.ToSlash(relative), Data: data})
		return nil
	})
	if err != nil {
		return nil, err
	}
	crds, err := filepath.Glob(filepath.Join(module, "deploy", "crds", "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(crds) == 0 {
		return nil, errors.New("no custom resource definitions in " + module)
	}
	for _, path := range crds {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		// Sorted before everything that needs them.
		files = append(files, &loader.BufferedFile{Name: "templates/00-" + filepath.Base(path), Data: data})
	}
	return files, nil
}
