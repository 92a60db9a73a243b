// The default theme. Commands wrap, so that none is cut off.
import theme from 'vitepress/theme';
import './commands.css';

export default theme;
